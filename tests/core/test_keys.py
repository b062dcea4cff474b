from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.core import keys
from zhike.core.keys.custody import custody
from zhike.core.keys.envelope import make_key
from zhike.core.models import DataKey, KeyState

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("L-31"), pytest.mark.goal("G32")]
PLACE = "customers_customer.phone:7"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_is_sealed_comes_back(text: str) -> None:
    assert (
        keys.unseal(keys.seal(text, purpose="customer", place=PLACE), purpose="customer", place=PLACE) == text
    )


def test_sealing_twice_gives_two_ciphertexts() -> None:
    one, other = (keys.seal("13800005678", purpose="customer", place=PLACE) for _ in range(2))
    assert one != other
    assert b"13800005678" not in one


@pytest.mark.parametrize(
    ("purpose", "place"),
    [
        ("customer", "customers_customer.phone:8"),
        ("customer", "customers_customer.id_no:7"),
        ("rejects", PLACE),
    ],
)
def test_a_moved_value_is_refused(purpose: str, place: str) -> None:
    value = keys.seal("13800005678", purpose="customer", place=PLACE)
    with pytest.raises(keys.TamperedValue):
        keys.unseal(value, purpose=purpose, place=place)


@pytest.mark.parametrize("position", [0, 1, 5, 10, 20, -1])
def test_a_flipped_bit_is_refused(position: int) -> None:
    value = bytearray(keys.seal("13800005678", purpose="customer", place=PLACE))
    value[position] ^= 1
    with pytest.raises(keys.TamperedValue):
        keys.unseal(bytes(value), purpose="customer", place=PLACE)


def test_a_shortened_value_is_refused() -> None:
    value = keys.seal("13800005678", purpose="customer", place=PLACE)
    for length in (0, 5, 18, len(value) - 1):
        with pytest.raises(keys.TamperedValue):
            keys.unseal(value[:length], purpose="customer", place=PLACE)


def test_the_national_profile_uses_sm4() -> None:
    make_key("sm", algorithm="SM4-GCM", now=NOW)
    value = keys.seal("张伟", purpose="sm", place=PLACE)
    assert value[1] == 2
    assert keys.unseal(value, purpose="sm", place=PLACE) == "张伟"
    altered = bytearray(value)
    altered[-1] ^= 1
    with pytest.raises(keys.TamperedValue):
        keys.unseal(bytes(altered), purpose="sm", place=PLACE)


def test_values_stay_readable_after_another_key_became_active() -> None:
    old = keys.seal("张伟", purpose="customer", place=PLACE)
    DataKey.objects.filter(purpose="customer").update(state=KeyState.READ_ONLY)
    make_key("customer", algorithm="AES-256-GCM", now=NOW)
    keys.forget()
    new = keys.seal("张伟", purpose="customer", place=PLACE)
    assert old[2:6] != new[2:6]
    assert {keys.unseal(value, purpose="customer", place=PLACE) for value in (old, new)} == {"张伟"}
    keys.forget()


def test_a_blind_index_does_not_mind_width_case_and_spaces() -> None:
    assert keys.blind("id_no", " １１０１０１19900307123x ") == keys.blind("id_no", "11010119900307123X")
    assert keys.blind("id_no", "11010119900307123X") != keys.blind("phone", "11010119900307123X")


def test_the_keys_lie_outside_the_database_and_are_closed_to_others(settings: object) -> None:
    custody().index_root()
    for path in settings.KEYS.glob("*.key"):  # type: ignore[attr-defined]
        assert path.stat().st_mode & 0o777 == 0o400, path
