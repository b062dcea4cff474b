"""What is encrypted stands in one register: columns of bytes elsewhere are named here with their reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import connection

from zhike.core import keys
from zhike.core.installing import install
from zhike.core.keys import register
from zhike.core.keys.register import REGISTER, Sealed
from zhike.core.models import DataKey, SealedColumn

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("L-31"), pytest.mark.goal("G32")]
HASH, CHAIN = "a hash, which opens nothing", "the audit's chain, open so that anybody may recompute it"
NOT_SEALED = {
    "core_auditcheckpoint.head": CHAIN,
    "core_auditcheckpoint.signature": CHAIN,
    "core_auditseal.hash": CHAIN,
    "core_auditseal.previous": CHAIN,
    "core_datakey.wrapped": "a key, encrypted by the key outside the database",
    "core_idempotency.body_hash": HASH,
    "core_keycheck.value": HASH,
    "customers_customer.personal_digest": HASH,
    "rest_apitoken.secret_hash": HASH,
}
"""Columns of bytes that are not encrypted, and why."""
BYTES = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND a.atttypid = 'bytea'::regtype AND NOT a.attisdropped AND c.relname NOT LIKE 'facts\\_stage\\_%'
"""  # a staging table has the columns of the table it is for, and is emptied by the load that fills it


def columns_of_bytes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(BYTES)
        return {f"{table}.{column}" for table, column in cursor.fetchall()}


def accounted_for(columns: tuple[Sealed, ...]) -> set[str]:
    sealed = {f"{one.table}.{one.column}" for one in columns}
    indexes = {f"{one.table}.{one.index}" for one in columns if one.index}
    return sealed | indexes | NOT_SEALED.keys()


def test_every_column_of_bytes_is_sealed_or_says_why_not() -> None:
    assert columns_of_bytes() == accounted_for(REGISTER)


@pytest.mark.parametrize("forgotten", REGISTER, ids=lambda one: f"{one.table}.{one.column}")
def test_a_sealed_column_that_is_not_registered_is_found(forgotten: Sealed) -> None:
    others = tuple(one for one in REGISTER if one != forgotten)
    missing = {f"{forgotten.table}.{name}" for name in (forgotten.column, forgotten.index) if name}
    assert columns_of_bytes() - accounted_for(others) == missing


def test_the_database_and_the_keys_follow_the_register() -> None:
    rows = SealedColumn.objects.values_list("table_name", "column_name", "purpose", "index_name")
    assert {Sealed(*row) for row in rows} == set(REGISTER)
    assert set(DataKey.objects.values_list("purpose", flat=True)) == set(register.purposes())


def test_an_entry_that_ended_leaves_the_database_with_the_next_release() -> None:
    SealedColumn.objects.create(
        place="x.y", table_name="x", column_name="y", index_name="", purpose=register.CUSTOMER
    )
    install(now=datetime(2026, 11, 23, tzinfo=UTC))
    assert not SealedColumn.objects.filter(place="x.y").exists()


@pytest.mark.parametrize("one", REGISTER, ids=lambda one: f"{one.table}.{one.column}")
def test_the_audit_never_keeps_a_sealed_value(one: Sealed) -> None:
    model = next(model for model in apps.get_models() if model._meta.db_table == one.table)
    if one.table == "facts_importbatch":
        assert not hasattr(model, "AUDIT_PRIVATE"), "loads are recorded by their counts, not by their columns"
    else:
        assert {one.column, *filter(None, [one.index])} <= model.AUDIT_PRIVATE


def test_a_column_outside_the_register_has_no_place() -> None:
    with pytest.raises(LookupError, match=r"customers_customer\.name is not in the register"):
        register.column("customers_customer", "name")
    assert register.column("customers_customer", "phone").place(7) == "customers_customer.phone:7"
    assert keys.blind("phone", "1") != keys.blind("id_no", "1")
