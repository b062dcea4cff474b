"""The loader as it is in production: its own login, its own transaction, and nothing beyond loading."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction
from tests.cast import make_bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import Q3

from zhike.core.installing import install
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Result, Run, Standing, TierPolicy
from zhike.loyalty.operations import storing

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "loader"])


@pytest.fixture
def committed(tmp_path: Path, settings: Any) -> Iterator[tuple[Any, Any]]:
    """The golden bank with its rows committed, so that another connection sees them."""
    settings.LAKE = str(tmp_path)
    _furnish()
    bank = make_bank()
    golden.load(golden.golden_rows(bank), lake=tmp_path, digest="golden")
    yield bank, steps.in_force(golden.golden_spec(), bank)
    connections["loader"].close()
    with connections["default"].cursor() as cursor:
        cursor.execute("TRUNCATE loyalty_result")  # partitioned by hand, so emptying the database misses it


def test_the_loader_stores_a_run_and_a_publication_switches_to_it(committed: tuple[Any, Any]) -> None:
    bank, scheme = committed
    run = steps.compute(scheme, bank, as_of=Q3)
    assert run.state == RunState.REVIEW
    assert Result.objects.filter(run_id=run.pk).count() == 6
    steps.publish(run, bank)
    assert Standing.objects.filter(run_id=run.pk).count() == 6


@pytest.mark.goal("G15")
def test_a_copy_that_dies_leaves_no_row_and_the_run_can_go_again(
    committed: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, scheme = committed
    with monkeypatch.context() as patch:
        patch.setattr(storing, "COLUMNS", (*storing.COLUMNS, "no_such_column"))
        with pytest.raises(psycopg.errors.UndefinedColumn):
            steps.compute(scheme, bank, as_of=Q3)
    run = Run.objects.get()
    assert (run.state, Result.objects.count()) == (RunState.RECONCILING, 0)
    assert steps.carry_out(run).state == RunState.REVIEW
    assert Result.objects.filter(run_id=run.pk).count() == 6


@pytest.mark.goal("G6")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM loyalty_result",
        "UPDATE loyalty_result SET score = 100",
        "UPDATE loyalty_standing SET tier = 'HIGH'",
        "SELECT * FROM loyalty_run",
        "TRUNCATE loyalty_result",
    ],
)
def test_the_loader_can_do_nothing_but_load(committed: tuple[Any, Any], statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(using="loader"),
        connections["loader"].cursor() as cursor,
    ):
        cursor.execute(statement)


def _furnish() -> None:
    """What a test with real commits finds emptied by the one before."""
    install(now=datetime.now(UTC))
    if not TierPolicy.objects.exists():
        text = files("zhike.loyalty").joinpath("data/tier_policies.toml").read_text("utf-8")
        TierPolicy.objects.bulk_create(TierPolicy(**row) for row in tomllib.loads(text)["policy"])
