"""A sign-in service for the tests: Authlib's OpenID provider, in a process of its own on this machine.

The protocol is Authlib's: codes that are good once, PKCE (RFC 7636), ID tokens signed by a published key. What is
made here is what every bank makes for itself: who there is, the form that asks for a name, and keys that change.

    python -m tests.staff.sign_in_service PORT
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, redirect, request
from joserfc.jwk import RSAKey

CLIENT, SECRET = "zhike", "a secret: of the tests"


@dataclass
class Person:
    """Somebody who can sign in there."""

    subject: str
    claims: dict[str, Any]

    def get_user_id(self) -> str:
        return self.subject


@dataclass
class Code(AuthorizationCodeMixin):
    """A code that was given out, with what its redemption must fit to."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    person: Person
    auth_time: int
    acr: None = None
    amr: None = None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Client(ClientMixin):
    """The bank's customer system, as the service knows it."""

    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/login/provider/back/")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Service:
    """What the service keeps; `lasts` is for how many seconds its ID tokens hold."""

    people: dict[str, Person] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=list)
    lasts: int = 300
    signed_in: str = ""

    def renew_key(self) -> None:
        """Sign by another key from now on, and publish the old one no more."""
        number = f"key-{time.monotonic_ns()}"
        self.keys = [RSAKey.generate_key(2048, {"kid": number, "use": "sig", "alg": "RS256"})]


SERVICE = Service()


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        sent = request.payload.data
        SERVICE.codes[code] = Code(
            code=code,
            client_id=CLIENT,
            redirect_uri=request.payload.redirect_uri,
            scope=request.payload.scope,
            nonce=sent.get("nonce", ""),
            code_challenge=sent.get("code_challenge", ""),
            code_challenge_method=sent.get("code_challenge_method", ""),
            person=request.user,
            auth_time=int(time.time()),
        )

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        return SERVICE.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del SERVICE.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> Person:
        return authorization_code.person


class Identities(OpenIDCode):
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in SERVICE.codes.values())

    def get_jwt_config(self, grant: Any, client: Any = None) -> dict[str, Any]:
        key = SERVICE.keys[0]
        return {"key": key.as_dict(private=True), "alg": "RS256", "iss": _issuer(), "exp": SERVICE.lasts}

    def generate_user_info(self, user: Person, scope: str) -> UserInfo:
        return UserInfo(sub=user.subject, **user.claims)


def _issuer() -> str:
    return request.host_url.rstrip("/")


def make_app() -> Flask:
    """The service as a web application."""
    app = Flask(__name__)
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = False
    server = AuthorizationServer(app, query_client=lambda _id: Client(), save_token=lambda *_: None)
    server.register_grant(CodeGrant, [Identities(require_nonce=True), CodeChallenge(required=True)])
    SERVICE.renew_key()

    @app.get("/.well-known/openid-configuration")
    def description() -> dict[str, Any]:
        here = _issuer()
        return {
            "issuer": here,
            "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token",
            "jwks_uri": f"{here}/keys",
            "end_session_endpoint": f"{here}/end",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in SERVICE.keys]}

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        if request.method == "GET":
            return "<!doctype html><h1>Who are you?</h1><form method=post><input name=person><button>Go</button></form>"
        person = SERVICE.people[request.form["person"]]
        SERVICE.signed_in = person.subject
        grant = server.get_consent_grant(end_user=person)
        return server.create_authorization_response(grant=grant, grant_user=person)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/end")
    def end() -> Any:
        SERVICE.signed_in = ""
        return redirect(request.args["post_logout_redirect_uri"])

    @app.put("/people/<subject>")
    def put_person(subject: str) -> Response:
        SERVICE.people[subject] = Person(subject, request.get_json())
        return Response(status=204)

    @app.post("/keys/renew")
    def renew_keys() -> Response:
        SERVICE.renew_key()
        return Response(status=204)

    @app.get("/signed-in")
    def signed_in() -> dict[str, str]:
        return {"subject": SERVICE.signed_in}

    return app


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    make_app().run("127.0.0.1", int(sys.argv[1]))
