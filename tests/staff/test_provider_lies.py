"""A sign-in service, or somebody between it and us, that lies: nothing of it opens an account."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.cast import Bank
from tests.factories.people import PASSWORD, person
from tests.staff.conftest import Forger
from zhike.core.models import AuditEvent

pytestmark = pytest.mark.requirement("L-32")


def opens(answer: Any, visitor: Client) -> bool:
    assert answer.status_code in {302, 422, 503}
    return "_auth_user_id" in visitor.session


def faults() -> list[str]:
    return [event.detail["fault"] for event in AuditEvent.objects.filter(reason="login.unproven")]


def test_an_honest_answer_opens(bank: Bank, visitor: Client, forger: Forger) -> None:
    """What every case below differs from in one thing."""
    assert opens(forger.sign_in(visitor), visitor)


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({"nonce": "of another attempt"}, "NONCE"),
        ({"nonce": None}, "NONCE"),
        ({"nonce": ["x"]}, "NONCE"),
        ({"iss": "https://elsewhere.example"}, "invalid_claim"),
        ({"iss": None}, "missing_claim"),
        ({"aud": "another"}, "invalid_claim"),
        ({"aud": ["another", "third"]}, "invalid_claim"),
        ({"aud": ["another", "zhike"]}, "AUTHORISED_PARTY"),
        ({"aud": ["another", "zhike"], "azp": "another"}, "AUTHORISED_PARTY"),
        ({"azp": "another"}, "AUTHORISED_PARTY"),
        ({"aud": None}, "missing_claim"),
        ({"exp": timedelta(0, -120)}, "expired_token"),
        ({"exp": None}, "missing_claim"),
        ({"exp": "never"}, "invalid_claim"),
        ({"nbf": timedelta(0, 900)}, "invalid_claim"),
        ({"iat": timedelta(0, 900)}, "invalid_claim"),
        ({"sub": None}, "missing_claim"),
        ({"sub": 7}, "invalid_claim"),
        ({"sub": " "}, "SUBJECT"),
        ({"sub": "x" * 256}, "SUBJECT"),
        ({"auth_time": None}, "NO_AUTH_TIME"),
        ({"auth_time": timedelta(0, -3600)}, "AUTH_TIME"),
        ({"auth_time": timedelta(0, 900)}, "AUTH_TIME"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    claims: dict[str, Any], fault: str, bank: Bank, visitor: Client, forger: Forger
) -> None:
    forger.claims = claims
    assert not opens(forger.sign_in(visitor), visitor)
    assert faults() == [fault]


def test_clocks_a_little_apart_keep_nobody_out(bank: Bank, visitor: Client, forger: Forger) -> None:
    forger.claims = {
        "iat": timedelta(0, 45),
        "auth_time": timedelta(0, 45),
        "exp": timedelta(0, 300),
    }
    assert opens(forger.sign_in(visitor), visitor)
    forger.claims = {
        "iat": timedelta(0, -400),
        "auth_time": timedelta(0, -400),
        "exp": timedelta(0, -30),
    }
    visitor.post("/logout/")
    assert opens(forger.sign_in(visitor), visitor)


def unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def test_a_token_without_a_signature_opens_nothing(bank: Bank, visitor: Client, forger: Forger) -> None:
    forger.token = unsigned
    assert not opens(forger.sign_in(visitor), visitor)


def by_secret(claims: dict[str, Any], secret: bytes, kid: str) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": kid}, claims)]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    mark = base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).rstrip(b"=").decode()
    return f"{text}.{mark}"


def test_a_public_key_is_no_secret(bank: Bank, visitor: Client, forger: Forger) -> None:
    """The published key, or a secret among the keys, as the secret of an HMAC."""
    shown = base64.urlsafe_b64encode(b"a secret that was published").rstrip(b"=").decode()
    forger.published = [forger.key.as_dict(private=False), {"kty": "oct", "k": shown, "kid": "two"}]
    tried = [(forger.key.as_pem(private=False), "one"), (b"a secret that was published", "two")]
    for secret, kid in tried:
        forger.token = lambda claims, secret=secret, kid=kid: by_secret(claims, secret, kid)
        assert not opens(forger.sign_in(visitor), visitor)


def test_a_key_that_is_not_published_signs_nothing(bank: Bank, visitor: Client, forger: Forger) -> None:
    other = ECKey.generate_key("P-256", {"kid": "one"})
    forger.token = lambda claims: jwt.encode(forger.header, claims, other, algorithms=["ES256"])
    assert not opens(forger.sign_in(visitor), visitor)
    assert faults() == ["bad_signature"]


def test_an_algorithm_that_the_bank_does_not_allow_signs_nothing(
    bank: Bank, visitor: Client, forger: Forger, settings: Any
) -> None:
    settings.OIDC_ALGORITHMS = ["RS256"]
    assert not opens(forger.sign_in(visitor), visitor)


def test_new_keys_are_fetched_once_they_are_needed_and_old_ones_count_no_more(
    bank: Bank, visitor: Client, forger: Forger
) -> None:
    assert opens(forger.sign_in(visitor), visitor)
    visitor.post("/logout/")
    old, forger.key = forger.key, ECKey.generate_key("P-256", {"kid": "two"})
    forger.header = {"alg": "ES256", "kid": "two"}
    assert opens(forger.sign_in(visitor), visitor)
    assert forger.asked.count("/jwks_uri") == 2
    visitor.post("/logout/")
    forger.token = lambda claims: jwt.encode(
        {"alg": "ES256", "kid": "one"}, claims, old, algorithms=["ES256"]
    )
    assert not opens(forger.sign_in(visitor), visitor)


@pytest.mark.parametrize("state", ["", "made-up", "x" * 5000])
def test_an_answer_nobody_asked_for_signs_nobody_in(
    state: str, bank: Bank, visitor: Client, forger: Forger
) -> None:
    """Else somebody could sign others in to their own account, and read what these enter there."""
    assert not opens(forger.sign_in(visitor, state=state), visitor)
    assert "/jwks_uri" not in forger.asked


def test_an_answer_of_another_issuer_is_not_ours(bank: Bank, visitor: Client, forger: Forger) -> None:
    assert not opens(forger.sign_in(visitor, iss="https://elsewhere.example"), visitor)
    assert faults() == ["ISSUER_OF_ANSWER"]
    forger.description = {"authorization_response_iss_parameter_supported": True}
    assert opens(forger.sign_in(visitor, iss=forger.address), visitor)


def test_a_refusal_there_is_a_refusal_here(bank: Bank, visitor: Client, forger: Forger) -> None:
    answer = forger.sign_in(visitor, code="", error="access_denied")
    assert not opens(answer, visitor)
    assert "has not signed you in" in answer.content.decode()


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_the_page_after_signing_in_is_one_of_ours(
    then: str, bank: Bank, visitor: Client, forger: Forger
) -> None:
    assert forger.sign_in(visitor, then=then).url == "/home/"


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": ["x"]},
    ],
)
def test_a_service_that_describes_itself_wrongly_is_not_used(
    description: dict[str, Any], bank: Bank, visitor: Client, forger: Forger
) -> None:
    forger.description = description
    assert visitor.get("/login/provider/").status_code == 503


def test_while_the_service_is_down_administrators_have_a_door(
    bank: Bank, visitor: Client, forger: Forger, settings: Any
) -> None:
    settings.LOCAL_SIGN_IN = "emergency"
    forger.is_down = True
    answer = visitor.get("/login/provider/")
    page = answer.content.decode()
    assert (answer.status_code, "does not answer as it should" in page) == (503, True)
    door = re.search(r'href="(/login/emergency/)"', page)[1]
    assert 'name="password"' in visitor.get(door).content.decode()
    settings.OIDC_ISSUER = "http://127.0.0.1:9"  # nobody listens
    assert visitor.get("/login/provider/").status_code == 503
    person("S901", "SYSTEM_ADMIN", at=bank.donghu)
    assert visitor.post(door, {"staff_no": "S901", "password": PASSWORD}).url == "/login/code/"


def test_sign_ins_begun_in_several_windows_each_come_home(
    bank: Bank, visitor: Client, forger: Forger
) -> None:
    begun = [visitor.get("/login/provider/").url for _ in range(7)]
    states = [re.search("state=([^&]+)", url)[1] for url in begun]
    nonces = [re.search("nonce=([^&]+)", url)[1] for url in begun]
    assert visitor.get("/login/provider/back/", {"code": "c", "state": states[0]}).status_code == 422
    forger.nonce = nonces[3]
    assert visitor.get("/login/provider/back/", {"code": "c", "state": states[3]}).status_code == 302


def test_without_a_service_its_addresses_lead_to_signing_in(bank: Bank, visitor: Client) -> None:
    assert visitor.get("/login/provider/").url == visitor.get("/login/emergency/").url == "/login/"
    assert visitor.get("/login/provider/back/?code=c&state=s").status_code == 422
