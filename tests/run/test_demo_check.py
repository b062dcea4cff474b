"""`zhike doctor` on the demo's people: to be considered, and to be repaired where others could reach by them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.cast import Bank

from zhike.facts.models import ImportBatch
from zhike.run.checks.demo import check_demo
from zhike.run.checks.findings import Level
from zhike.staff.models import Staff

pytestmark = pytest.mark.goal("G7")


def found(**environ: str) -> dict[str, Level]:
    connection.ensure_connection()
    return {
        one.code: one.level
        for one in check_demo(connection.connection, environ=environ)
        if one.level is not Level.OK
    }


def loaded(mapping: str, **offered: int) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    ImportBatch.objects.create(
        mapping=mapping, state="LOADED", load_no=ImportBatch.objects.count() + 1, asked_at=now, loaded_at=now,
        counts={table: {"offered": rows} for table, rows in offered.items()},
    )  # fmt: skip


def test_a_bank_without_made_up_people_is_sound_whatever_it_loads(bank: Bank) -> None:
    loaded("berka")
    assert found(ZHIKE_TLS="1") == {}


def test_a_demo_is_to_be_considered_and_one_that_others_reach_to_be_repaired(bank: Bank) -> None:
    Staff.objects.filter(pk=bank.zheng.pk).update(is_made_up=True)
    loaded("tianhua")
    considered = {"no_made_up_people": Level.WARNING}
    assert found() == considered
    assert found(ZHIKE_TLS="1") == {**considered, "made_up_people_local": Level.FAILURE}
    loaded("events", events=3, customers=0)
    assert found() == considered
    loaded("berka", events=3, customers=1)
    assert found() == {**considered, "made_up_people_apart": Level.FAILURE}
    Staff.objects.filter(pk=bank.zheng.pk).update(is_active=False)
    assert found(ZHIKE_TLS="1") == {}
