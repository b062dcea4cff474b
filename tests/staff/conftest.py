"""Sign-in services of the tests: a real one in a process of its own, and one that answers whatever a test says."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey

ROOT = Path(__file__).parents[2]
CLIENT, SECRET = "zhike", "a secret: of the tests"


@dataclass
class Service:
    """The real service: its address, and what can be done there."""

    address: str

    def put(self, subject: str, **claims: Any) -> None:
        """Make somebody who can sign in there."""
        self._sent("PUT", f"/people/{subject}", json.dumps(claims).encode())

    def renew_keys(self) -> None:
        """Sign by another key from now on."""
        self._sent("POST", "/keys/renew", b"")

    def signed_in(self) -> str:
        """Who is signed in there."""
        return json.loads(urlopen(f"{self.address}/signed-in", timeout=5).read())["subject"]

    def answer(self, visitor: Client, subject: str, *, then: str = "") -> str:
        """Begin a sign-in, sign in there, and give the address that leads back, not yet followed."""
        there = visitor.get("/login/provider/", {"next": then}).url
        form = Request(there, data=f"person={subject}".encode(), method="POST")
        answer = _Unfollowed.open(form)
        return answer.headers["Location"]

    def _sent(self, method: str, path: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        urlopen(Request(self.address + path, data=body, method=method, headers=headers), timeout=5)


class _Unfollowed:
    @staticmethod
    def open(request: Request) -> Any:
        import http.client

        parts = urlsplit(request.full_url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}?{parts.query}", body=request.data, headers=headers)
        return connection.getresponse()


@pytest.fixture(scope="session")
def service_process() -> Iterator[Service]:
    """Authlib's OpenID provider, running."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.staff.sign_in_service", str(port)], cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    service = Service(f"http://127.0.0.1:{port}")
    for _ in range(300):
        try:
            service.signed_in()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    yield service
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def service(service_process: Service, settings: Any) -> Iterator[Service]:
    """The bank signs in at the real service."""
    yield from _chosen(settings, service_process.address, service_process)


@dataclass
class Forger:
    """A service that answers what a test says: `claims` over right ones (a time as its distance from now), another
    `header` or `token`, or no answer at all."""

    address: str = ""
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    published: list[dict[str, Any]] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    token: Callable[[dict[str, Any]], str] | None = None
    nonce: str = ""
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def right_claims(self) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        return {
            "iss": self.address, "aud": CLIENT, "sub": "u-1", "exp": now + 300, "iat": now, "auth_time": now,
            "nonce": self.nonce, "staff_no": "A001",
        }  # fmt: skip

    def answer_to(self, path: str) -> Any:
        self.asked.append(path)
        if path.endswith("openid-configuration"):
            here = {
                name: f"{self.address}/{name}"
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            }
            return {"issuer": self.address, **here, **self.description}
        if path == "/jwks_uri":
            return {"keys": self.published or [self.key.as_dict(private=False)]}
        now = datetime.now(UTC)
        claims = {
            name: int((now + value).timestamp()) if isinstance(value, timedelta) else value
            for name, value in (self.right_claims() | self.claims).items()
            if value is not None
        }
        token = (
            self.token(claims)
            if self.token
            else jwt.encode(self.header, claims, self.key, algorithms=["ES256"])
        )
        return {"id_token": token, "access_token": "x", "token_type": "Bearer"}

    def sign_in(self, visitor: Client, *, then: str = "", **changed: str) -> Any:
        """The whole way there and back; `changed` is what somebody alters in the answer's address."""
        begun = visitor.get("/login/provider/", {"next": then})
        if begun.status_code != 302:
            return begun
        asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}
        self.nonce = asked["nonce"]
        return visitor.get("/login/provider/back/", {"code": "c", "state": asked["state"], **changed})


@pytest.fixture
def forger(settings: Any) -> Iterator[Forger]:
    """The bank signs in at a service that may lie."""
    forger = Forger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if forger.is_down:
                self.send_response(502)
                self.end_headers()
                return
            body = json.dumps(forger.answer_to(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    forger.address = f"http://127.0.0.1:{server.server_port}"
    yield from _chosen(settings, forger.address, forger)
    server.shutdown()
    server.server_close()


def _chosen(settings: Any, address: str, service: Any) -> Iterator[Any]:
    from zhike.staff import provider

    provider.forget()
    settings.OIDC_ISSUER = address
    settings.OIDC_CLIENT, settings.OIDC_SECRET = CLIENT, SECRET
    settings.OIDC_NAME = "Bank Passport"
    settings.OIDC_STAFF_CLAIM = "staff_no"
    yield service
    provider.forget()
