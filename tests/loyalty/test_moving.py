"""A customer who moves to another outlet by an import is seen there, with all that loyalty knows, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connections
from tests.cast import Bank, make_bank
from tests.facts.canonical import customer, deliver
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW
from tests.loyalty.test_loading import _furnish as furnish

from zhike.core import hearing
from zhike.core.access.acting import acting_as
from zhike.customers.models import Customer
from zhike.facts import api as facts
from zhike.loyalty import api as loyalty
from zhike.loyalty.enums import ContactKind, Outcome
from zhike.loyalty.models import EarlyMover, FollowUp, Override, Result, Run, SampleCheck, Standing
from zhike.loyalty.operations import moving
from zhike.run import roles
from zhike.staff.models import Staff

ROWS = (Result, Standing, EarlyMover, Override, FollowUp, SampleCheck)


def test_the_wiring_tells_loyalty_of_moves() -> None:
    assert loyalty.follow_moves in hearing._topics[facts.MOVED]


def test_every_row_with_a_customers_outlet_follows() -> None:
    held = {
        model._meta.db_table
        for model in apps.get_app_config("loyalty").get_models()
        if {"customer_id", "outlet_id"} <= {field.attname for field in model._meta.concrete_fields}
    }
    assert held == set(moving.TABLES)


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_an_import_takes_a_customers_rows_along_and_leaves_those_of_others(
    evaluated: tuple[Bank, Run],
) -> None:
    bank, run = evaluated
    mover, other = bank.zhang_wei, bank.li_na
    for row in (mover, other):
        _give_rows(row, run, bank)
    deliver(customers=[customer("6001", "200"), customer("6002", "101")])
    for model in ROWS:
        assert _outlets(model, mover.pk) == {bank.west.pk}, model
        assert _outlets(model, other.pk) == {bank.donghu.pk}, model
    with acting_as(Staff.objects.get(staff_no="A003").pk):  # of the west
        assert Result.objects.filter(customer_id=mover.pk).count() == 1
    with acting_as(bank.liu.pk):  # head of the outlet that was left
        assert not Result.objects.filter(customer_id=mover.pk).exists()


def test_the_loader_changes_nothing_of_a_result_but_its_outlet(
    django_db_setup: None, address_of: Callable[[str], str]
) -> None:
    with (
        psycopg.connect(address_of(roles.LOADER)) as loader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        loader.execute("UPDATE loyalty_result SET score = 100")


@pytest.fixture
def evaluated(tmp_path: Path, settings: Any) -> Iterator[tuple[Bank, Run]]:
    """The golden bank with a published run, its rows committed."""
    settings.LAKE = str(tmp_path)
    furnish()
    bank = make_bank()
    golden.load(golden.golden_rows(bank), lake=tmp_path, digest="golden")
    run = steps.compute(steps.in_force(golden.golden_spec(), bank), bank, as_of=golden.Q3)
    yield bank, steps.publish(run, bank)
    connections["loader"].close()
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE loyalty_result")


def _give_rows(row: Customer, run: Run, bank: Bank) -> None:
    """One row in each table a publication does not fill."""
    place: dict[str, Any] = {"customer": row, "outlet_id": bank.donghu.pk}
    SampleCheck.objects.create(run=run, verdict="RIGHT", checked_by=bank.zheng, checked_at=NOW, **place)
    Override.objects.create(
        run=run, tier_before="LOW", tier="HIGH", reason="x", expires_on=date(2027, 1, 1), proposed_by=bank.zheng,
        proposed_at=NOW, **place,
    )  # fmt: skip
    FollowUp.objects.create(
        run=run,
        kind=ContactKind.values[0],
        outcome=Outcome.values[0],
        made_by=bank.chen,
        made_at=NOW,
        **place,
    )
    EarlyMover.objects.create(
        run=run, as_of=golden.Q3, score_change=-9, tier_published="HIGH", tier_ahead="LOW", **place
    )


def _outlets(model: Any, customer_id: int) -> set[int]:
    return set(model.objects.filter(customer_id=customer_id).values_list("outlet_id", flat=True))
