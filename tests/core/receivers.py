"""A program that takes events, on this machine; it behaves as a test says."""

from __future__ import annotations

import base64
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came, and how it is answered: `statuses` in turn, the last one for ever after."""

    address: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    seconds: float = 0.0
    drips: bool = False
    size: int = 0
    location: str = ""

    def keys(self) -> list[str]:
        """The keys of what came, in order."""
        return [headers["webhook-id"] for headers, _body in self.got]

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether an event is from who shares the secret: what docs/webhooks.md tells receivers to do."""
    shared = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(shared, signed, "sha256")).decode()
    is_new = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return is_new and any(
        hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split(" ")
    )


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver at a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(receiver.seconds)
            try:
                self._answer()
            except OSError:  # the sender has hung up
                self.close_connection = True

        def _answer(self) -> None:
            self.send_response(receiver.next_status())
            if receiver.location:
                self.send_header("Location", receiver.location)
            if receiver.drips:
                self.send_header("Content-Length", "100")
                self.end_headers()
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.1)
            else:
                self.send_header("Content-Length", str(receiver.size))
                self.end_headers()
                self.wfile.write(b"x" * receiver.size)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    receiver.address = f"http://127.0.0.1:{server.server_port}/events"
    yield receiver
    server.shutdown()
    server.server_close()
