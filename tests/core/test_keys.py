from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django import conf
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.core import keys
from zhike.core.keys.custody import FolderCustody, KeyUnusable, _make_once, check_value, custody
from zhike.core.keys.envelope import make_key
from zhike.core.models import DataKey, KeyState
from zhike.core.models.keys import KeyCheck

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


# --- custody -----------------------------------------------------------------------------------

NAMES = ("audit-witness.key", "blind-index.key", "key-encryption.key")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A keys folder like the one in use, to be spoilt."""
    custody().index_root()
    for name in NAMES:
        shutil.copy(conf.settings.KEYS / name, tmp_path / name)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_the_copied_folder_is_as_good_as_the_original(copied: Path) -> None:
    assert FolderCustody(copied).index_root() == custody().index_root()


def test_a_missing_key_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    for use in (FolderCustody(tmp_path).index_root, FolderCustody(tmp_path).witness):
        with pytest.raises(KeyUnusable, match=r"is missing\. Put back the keys folder"):
            use()
    with pytest.raises(KeyUnusable, match="is missing"):
        FolderCustody(tmp_path).install(now=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(copied: Path, length: int) -> None:
    (copied / "blind-index.key").write_bytes(bytes(length))
    for use in (FolderCustody(copied).index_root, lambda: FolderCustody(copied).install(now=NOW)):
        with pytest.raises(KeyUnusable, match=f"is damaged: {length} bytes instead of 32"):
            use()


@pytest.mark.parametrize("name", NAMES)
def test_a_key_of_another_database_is_refused_before_its_first_use(copied: Path, name: str) -> None:
    (copied / name).write_bytes(os.urandom(32))
    spoilt = FolderCustody(copied)
    uses = {
        "audit-witness.key": spoilt.witness,
        "blind-index.key": spoilt.index_root,
        "key-encryption.key": lambda: spoilt.wrap(b"x", label="x"),
    }
    for use in (uses[name], lambda: spoilt.install(now=NOW)):
        with pytest.raises(KeyUnusable, match=f"{name} belongs to another database"):
            use()


def test_a_new_database_gets_its_keys_once(tmp_path: Path) -> None:
    KeyCheck.objects.all().delete()
    DataKey.objects.all().delete()
    FolderCustody(tmp_path).install(now=NOW)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made.keys() == set(NAMES)
    assert len(set(made.values())) == 3
    FolderCustody(tmp_path).install(now=NOW)
    assert made == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_nothing_of_a_key_is_kept_that_gives_it_away() -> None:
    for row in KeyCheck.objects.all():
        assert bytes(row.value) == check_value(row.name, (conf.settings.KEYS / row.name).read_bytes())
        assert bytes(row.value) not in (conf.settings.KEYS / row.name).read_bytes()


def test_processes_that_start_together_read_one_whole_key(tmp_path: Path) -> None:
    def make_and_read(number: int) -> bytes:
        _make_once(tmp_path / f"{number // 8}.key")
        return (tmp_path / f"{number // 8}.key").read_bytes()

    with ThreadPoolExecutor(max_workers=8) as pool:
        read = list(pool.map(make_and_read, range(400)))
    assert {len(secret) for secret in read} == {32}
    assert len(set(read)) == 50
    assert len(list(tmp_path.iterdir())) == 50, "no partial key is left behind"


def test_the_keys_lie_outside_the_database_and_are_closed_to_others(settings: object) -> None:
    custody().index_root()
    for path in settings.KEYS.glob("*.key"):  # type: ignore[attr-defined]
        assert path.stat().st_mode & 0o777 == 0o400, path
