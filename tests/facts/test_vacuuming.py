"""Tables that loads write are vacuumed after a few changed rows in a hundred, so that lists stay inside indexes."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db
SETTINGS = {
    "autovacuum_vacuum_scale_factor=0.02",
    "autovacuum_vacuum_insert_scale_factor=0.02",
    "autovacuum_analyze_scale_factor=0.02",
}


def settings_of(*conditions: str) -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text, coalesce(reloptions, '{}') FROM pg_class WHERE "
            + " OR ".join(conditions)
        )
        return {name: set(options) for name, options in cursor.fetchall()}


@pytest.mark.parametrize(
    "table", ["customers_customer", "customers_searchterm", "facts_account", "facts_holding", "facts_event"]
)
def test_a_table_that_loads_write_is_vacuumed_soon(table: str) -> None:
    assert settings_of(f"relname = '{table}'") == {table: SETTINGS}


def test_a_month_of_transactions_is_vacuumed_soon_from_its_first_day() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT facts_open_month('2031-05-07')")
    found = settings_of("relname = 'facts_transaction_203105'")
    assert found == {"facts_transaction_203105": SETTINGS}


def test_nobody_has_switched_the_vacuuming_of_any_table_off() -> None:
    found = settings_of("relkind = 'r' AND relnamespace = 'public'::regnamespace")
    assert [name for name, options in found.items() if "autovacuum_enabled=false" in options] == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW autovacuum")
        assert cursor.fetchone() == ("on",)
