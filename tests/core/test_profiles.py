"""International or national (国密): the setting chooses, every ciphertext names what made it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from tests.cast import Bank
from zhike.config.settings import one_of
from zhike.core import keys
from zhike.core.installing import install
from zhike.core.keys import ciphers
from zhike.core.keys.custody import FolderCustody
from zhike.core.keys.register import REGISTER
from zhike.core.models import AuditEvent, DataKey, KeyState
from zhike.core.models.keys import KeyCheck
from zhike.core.operations.resealing import renew_keys, reseal_column
from zhike.run.checks import keys as checks

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("L-31"), pytest.mark.goal("G32")]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLACE = "customers_customer.phone:7"
PHONE = REGISTER[1]


@pytest.fixture(autouse=True)
def remembered() -> Iterator[None]:
    yield
    keys.forget()


@pytest.fixture
def national(settings: Any) -> None:
    settings.CRYPTOGRAPHY = "national"


def test_sm3_gives_the_values_of_its_standard() -> None:
    # GB/T 32905-2016, annex A.1
    assert ciphers.hashed(ciphers.SM3, b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


def test_sm4_gcm_gives_the_values_of_its_standard() -> None:
    # RFC 8998, annex A.1
    text = bytes.fromhex(
        "aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8 + "ee" * 8 + "aa" * 8
    )
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = ciphers.encrypt(ciphers.SM4_GCM, key, nonce, text, bound)
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert ciphers.decrypt(ciphers.SM4_GCM, key, nonce, sealed, bound) == text


def test_the_two_profiles_make_different_things_by_the_same_key() -> None:
    assert ciphers.keyed(ciphers.SM3, b"k", b"m") != ciphers.keyed(ciphers.SHA256, b"k", b"m")
    assert len(ciphers.keyed(ciphers.SM3, b"k", b"m")) == 32


def test_the_setting_decides_what_new_values_are_sealed_with(national: None) -> None:
    old = keys.seal("13800005678", purpose="customer", place=PLACE)
    install(now=NOW)
    new = keys.seal("13800005678", purpose="customer", place=PLACE)
    assert (old[1], new[1]) == (1, 2)
    for value in (old, new):
        assert keys.unseal(value, purpose="customer", place=PLACE) == "13800005678"
    assert set(DataKey.objects.filter(state=KeyState.ACTIVE).values_list("algorithm", flat=True)) == {
        "SM4-GCM"
    }


def test_installing_again_makes_no_further_keys(national: None) -> None:
    install(now=NOW)
    before = list(DataKey.objects.order_by("pk").values_list("pk", "state"))
    install(now=NOW)
    assert list(DataKey.objects.order_by("pk").values_list("pk", "state")) == before


def test_a_data_key_of_the_national_profile_is_wrapped_by_sm4(national: None, tmp_path: Path) -> None:
    folder = FolderCustody(settings.KEYS)
    wrapped = folder.wrap(b"k" * 16, label="x", algorithm=ciphers.SM4_GCM)
    assert folder.unwrap(wrapped, label="x", algorithm=ciphers.SM4_GCM) == b"k" * 16
    with pytest.raises(ciphers.InvalidTag):
        folder.unwrap(wrapped, label="x", algorithm=ciphers.AES)


def test_search_values_keep_the_hash_that_the_database_was_made_with(national: None) -> None:
    before = keys.blind("phone", "13800005678"), keys.fingerprint("personal-digest")("a")
    install(now=NOW)
    keys.forget()
    assert (keys.blind("phone", "13800005678"), keys.fingerprint("personal-digest")("a")) == before


def test_a_new_database_of_the_national_profile_searches_by_sm3(national: None) -> None:
    before = keys.blind("phone", "13800005678"), keys.fingerprint("personal-digest")("a")
    KeyCheck.objects.all().delete()
    DataKey.objects.all().delete()
    install(now=NOW)
    keys.forget()
    after = keys.blind("phone", "13800005678"), keys.fingerprint("personal-digest")("a")
    assert [len(value) for value in after] == [16, 16]
    assert not set(before) & set(after)
    assert KeyCheck.objects.get(name="blind-index.key").digest == "SM3"


def test_a_database_older_than_the_check_values_keeps_the_hash_of_that_time(
    tmp_path: Path, national: None
) -> None:
    DataKey.objects.all().delete()
    KeyCheck.objects.all().delete()
    custody = FolderCustody(tmp_path)
    custody.install(now=NOW, digest=ciphers.SHA256)
    custody.install(now=NOW, digest=ciphers.SM3)
    assert KeyCheck.objects.get(name="blind-index.key").digest == "SHA-256"
    KeyCheck.objects.all().delete()  # made before check values were kept
    DataKey.objects.create(purpose="customer", algorithm=ciphers.AES, wrapped=b"x", made_at=NOW)
    custody.install(now=NOW, digest=ciphers.SM3)
    assert KeyCheck.objects.get(name="blind-index.key").digest == "SHA-256"


def test_a_profile_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIKE_CRYPTOGRAPHY", "rot13")
    with pytest.raises(ImproperlyConfigured, match="rot13; it may be international or national"):
        one_of("ZHIKE_CRYPTOGRAPHY", "international", "national")


# --- renewing ----------------------------------------------------------------------------------


def test_resealing_brings_every_value_under_the_new_key(bank: Bank, national: None) -> None:
    customer = bank.zhang_wei
    customer.phone = keys.seal("13800005678", purpose="customer", place=PHONE.place(customer.pk))
    customer.save()
    assert renew_keys(now=NOW) == 4
    counts = {one.column: reseal_column(one, now=NOW) for one in REGISTER}
    assert counts["phone"] >= 1
    customer.refresh_from_db()
    assert customer.phone[1] == 2
    assert keys.unseal(customer.phone, purpose="customer", place=PHONE.place(customer.pk)) == "13800005678"
    assert {one.column: reseal_column(one, now=NOW) for one in REGISTER} == dict.fromkeys(counts, 0)
    assert AuditEvent.objects.filter(action="keys.renewed").count() == 1
    told = AuditEvent.objects.filter(action="keys.resealed").values_list("detail", flat=True)
    assert {"column": "customers_customer.phone", "values": counts["phone"]} in list(told)


def test_large_values_are_held_in_memory_one_at_a_time() -> None:
    assert {one.column: one.batch for one in REGISTER if one.batch != 500} == {"rejects": 1}


def test_resealing_stops_at_a_value_that_was_moved(bank: Bank) -> None:
    customer = bank.zhang_wei
    customer.phone = keys.seal("13800005678", purpose="customer", place=PHONE.place(customer.pk + 1))
    customer.save()
    renew_keys(now=NOW)
    with pytest.raises(keys.TamperedValue):
        reseal_column(PHONE, now=NOW)


# --- what the doctor says ----------------------------------------------------------------------


def findings(profile: str) -> dict[str, str]:
    raw = connection.connection
    return {one.code: one.level.value for one in checks.check_profile(raw, {"ZHIKE_CRYPTOGRAPHY": profile})}


def test_the_doctor_compares_the_database_with_the_setting(bank: Bank, settings: Any) -> None:
    keys_follow, index_follows = "data_keys_follow_the_profile", "index_values_follow_the_profile"
    assert findings("") == {keys_follow: "OK", index_follows: "OK"}
    assert findings("national") == {keys_follow: "WARNING", index_follows: "WARNING"}
    settings.CRYPTOGRAPHY = "national"
    install(now=NOW)
    assert findings("national") == {keys_follow: "OK", index_follows: "WARNING"}


def test_the_doctor_knows_the_same_profiles() -> None:
    assert {name: (one.cipher, one.digest) for name, one in ciphers.PROFILES.items()} == checks.PROFILES
