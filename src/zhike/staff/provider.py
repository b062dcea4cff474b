"""The bank's sign-in service, spoken to by OpenID Connect 1.0: authorization code flow with PKCE (RFC 7636).

What comes back through the browser is believed only where the browser's own session began it (`state`). Who
somebody is stands in the ID token alone, which comes over the direct line and is verified: signature by one of the
service's published keys and one of the allowed algorithms, issuer, audience, `nonce`, times.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import timezone
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey

from zhike.core import outgoing, parameters

DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ATTEMPT_TIME = timedelta(minutes=10)
SECONDS, MOST_BYTES = 8.0, 256 * 1024
KEPT_SECONDS = 600
"""How long a description of the service and its keys are believed; a key that is unknown is asked for at once."""
SUBJECT_LENGTH = 255


class ProviderDown(Exception):
    """The service does not answer, or not as it must; the text is for the log."""


class TokenRefused(Exception):
    """The answer proves nobody. `code` says what was wrong, for the audit; people need not know."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun: what its answer must fit to. Kept in the browser's session under its `state`."""

    state: str
    nonce: str
    verifier: str
    begun_at: str
    next: str = ""

    def is_over(self, *, now: datetime) -> bool:
        """Whether its time is over."""
        return now - datetime.fromisoformat(self.begun_at) > ATTEMPT_TIME


@dataclass(frozen=True, slots=True)
class Identity:
    """Who has signed in there: the issuer's own name of the person, the staff number it tells ('' if none), and
    whether that took a second factor as the bank's settings understand it."""

    subject: str
    staff_no: str
    is_confirmed: bool
    id_token: str


def is_used() -> bool:
    """Whether the bank signs in by a service of its own."""
    return bool(settings.OIDC_ISSUER)


def new_attempt(*, then: str, now: datetime) -> Attempt:
    """An attempt with secrets of its own; `then` is the page to go on to."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(state, nonce, verifier, now.isoformat(), then)


def address_to_begin(attempt: Attempt, *, back: str, now: datetime) -> str:
    """Where the browser goes to sign in; `back` is the address it returns to. Raises ProviderDown."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT,
        "redirect_uri": back,
        "scope": settings.OIDC_SCOPE,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "max_age": _most_age(now),
    }
    if settings.OIDC_ASKED_FACTOR:
        asked["acr_values"] = settings.OIDC_ASKED_FACTOR
    return _with(description()["authorization_endpoint"], asked)


def redeem(*, code: str, issuer: str, attempt: Attempt, back: str, now: datetime) -> Identity:
    """Exchange the code of an answer for an ID token and verify it. Raises ProviderDown and TokenRefused.

    `issuer` is what the answer itself says of its origin (RFC 9207), '' if nothing.
    """
    known = description()
    if (issuer or known.get("authorization_response_iss_parameter_supported")) and (
        issuer != settings.OIDC_ISSUER
    ):
        raise TokenRefused("ISSUER_OF_ANSWER")
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": attempt.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if settings.OIDC_SECRET and "client_secret_basic" in methods:
        pair = f"{quote(settings.OIDC_CLIENT, safe='')}:{quote(settings.OIDC_SECRET, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        sent["client_id"] = settings.OIDC_CLIENT
        if settings.OIDC_SECRET:
            sent["client_secret"] = settings.OIDC_SECRET
    request = outgoing.Request(known["token_endpoint"], "POST", headers, urlencode(sent).encode())
    status, answer = _asked(request)
    if status != 200:
        raise TokenRefused("CODE") if 400 <= status < 500 else ProviderDown(f"token endpoint: {status}")
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise TokenRefused("NO_TOKEN")
    return read_token(token, nonce=attempt.nonce, now=now)


def read_token(token: str, *, nonce: str, now: datetime) -> Identity:
    """Whom an ID token proves, by OpenID Connect Core 1.0, 3.1.3.7. Raises ProviderDown and TokenRefused."""
    skew = parameters.value("auth.provider_skew_seconds", on=timezone.localdate(now))
    seconds = int(now.timestamp())
    try:
        claims = _verified(token)
        jwt.JWTClaimsRegistry(
            now=seconds,
            leeway=skew,
            iss={"essential": True, "value": settings.OIDC_ISSUER},
            aud={"essential": True, "value": settings.OIDC_CLIENT},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(getattr(error, "error", "") or "MALFORMED") from error
    _demand_ours(claims, nonce=nonce)
    asked_at = claims.get("auth_time")
    if isinstance(asked_at, bool) or not isinstance(asked_at, int | float):
        raise TokenRefused("NO_AUTH_TIME")
    if not seconds - _most_age(now) - skew <= asked_at <= seconds + skew:
        raise TokenRefused("AUTH_TIME")
    return Identity(
        subject=claims["sub"],
        staff_no=_staff_number(claims),
        is_confirmed=_is_confirmed(claims),
        id_token=token,
    )


def address_to_end(id_token: str, *, back: str) -> str:
    """Where the browser goes to sign out there too, '' where the service offers none or does not answer."""
    try:
        end = description().get("end_session_endpoint", "")
    except ProviderDown:
        return ""
    if not _is_safe(end):
        return ""
    return _with(
        end,
        {"id_token_hint": id_token, "post_logout_redirect_uri": back, "client_id": settings.OIDC_CLIENT},
    )


def description() -> Mapping[str, Any]:
    """What the service says of itself (OpenID Connect Discovery 1.0). Raises ProviderDown."""
    return _kept("description", _described)


def forget() -> None:
    """Drop what this process remembers of the service: between tests."""
    _known.clear()


_known: dict[tuple[str, str], tuple[float, Any]] = {}


def _kept(what: str, ask: Callable[[], Any], *, anew: bool = False) -> Any:
    key = (settings.OIDC_ISSUER, what)
    asked_at, found = _known.get(key, (0.0, None))
    if found is None or anew or time.monotonic() - asked_at > KEPT_SECONDS:
        found = ask()
        _known[key] = (time.monotonic(), found)
    return found


def _described() -> dict[str, Any]:
    status, found = _asked(outgoing.Request(settings.OIDC_ISSUER.rstrip("/") + DISCOVERY))
    if status != 200:
        raise ProviderDown(f"discovery: {status}")
    if found.get("issuer") != settings.OIDC_ISSUER:
        raise ProviderDown("discovery names another issuer")
    for name in ENDPOINTS:
        if not _is_safe(found.get(name)):
            raise ProviderDown(f"discovery: {name}")
    return found


def _published() -> list[Key]:
    """The keys that signatures are made with; secrets and keys for encryption are none."""
    status, found = _asked(outgoing.Request(description()["jwks_uri"]))
    rows = found.get("keys")
    if status != 200 or not isinstance(rows, list):
        raise ProviderDown(f"keys: {status}")
    keys: list[Key] = []
    for row in rows:
        if not isinstance(row, dict) or row.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(row)
        except (JoseError, ValueError, TypeError):  # of a kind that we do not know
            continue
        if not isinstance(key, OctKey):
            keys.append(key)
    return keys


def _verified(token: str) -> dict[str, Any]:
    """The claims of a token whose signature is right. Raises JoseError.

    Where no known key fits, the keys are fetched anew: the service has changed them.
    """
    for anew in (False, True):
        keys = _kept("keys", _published, anew=anew)
        try:
            return jwt.decode(token, _choice(keys), algorithms=settings.OIDC_ALGORITHMS).claims
        except (InvalidKeyIdError, BadSignatureError):
            if anew:
                raise
    raise AssertionError("two attempts end in an answer or a refusal")


def _choice(keys: list[Key]) -> Callable[[Any], Key]:
    """Picks the key that a token names, or the only one there is where it names none."""

    def choose(signed: Any) -> Key:
        named = signed.headers().get("kid")
        fitting = [key for key in keys if named is None or key.kid == named]
        if len(fitting) != 1:
            raise InvalidKeyIdError
        return fitting[0]

    return choose


def _demand_ours(claims: Mapping[str, Any], *, nonce: str) -> None:
    """Refuse a token for several parties that was not issued to us, one of another attempt, and an odd subject."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else settings.OIDC_CLIENT) != settings.OIDC_CLIENT:
        raise TokenRefused("AUTHORISED_PARTY")
    said = claims.get("nonce")
    if not isinstance(said, str) or not secrets.compare_digest(said.encode(), nonce.encode()):
        raise TokenRefused("NONCE")
    if not claims["sub"].strip() or len(claims["sub"]) > SUBJECT_LENGTH:
        raise TokenRefused("SUBJECT")


def _staff_number(claims: Mapping[str, Any]) -> str:
    said = claims.get(settings.OIDC_STAFF_CLAIM) if settings.OIDC_STAFF_CLAIM else ""
    return said.strip() if isinstance(said, str) else ""


def _is_confirmed(claims: Mapping[str, Any]) -> bool:
    """Whether one of the ways of signing in that the bank takes for a second factor was used."""
    ways = claims.get("amr")
    said = [claims.get("acr"), *(ways if isinstance(ways, list) else [])]
    return any(way in settings.OIDC_SECOND_FACTOR for way in said if isinstance(way, str))


def _most_age(now: datetime) -> int:
    """How many seconds ago the service may have asked for the password at most."""
    minutes: int = parameters.value("auth.provider_minutes", on=timezone.localdate(now))
    return minutes * 60


def _asked(request: outgoing.Request) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer. Raises ProviderDown."""
    try:
        reply = outgoing.send(request, seconds=SECONDS, most_bytes=MOST_BYTES, may_connect=outgoing.anywhere)
        found = json.loads(reply.body) if reply.body else {}
    except outgoing.NoReply as failure:
        raise ProviderDown(failure.code) from failure
    except (ValueError, RecursionError) as error:
        found = {}
        if reply.status == 200:
            raise ProviderDown("not JSON") from error
    if not isinstance(found, dict):
        raise ProviderDown("not an object")
    return reply.status, found


def _is_safe(address: Any) -> bool:
    """Whether an address may be used: over TLS, or plain only where the issuer itself is plain on this machine."""
    schemes = ("https://", "http://") if settings.OIDC_ISSUER.startswith("http://") else ("https://",)
    return isinstance(address, str) and address.startswith(schemes)


def _with(address: str, asked: Mapping[str, Any]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
