"""The loader as it is in production: its own login, its own transaction, and nothing beyond loading."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connections, transaction
from tests.cast import make_bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import Q3, Q4

from zhike.core.installing import install
from zhike.loyalty.enums import RunState
from zhike.loyalty.models import Result, Run, Standing, TierPolicy
from zhike.loyalty.operations import publishing, storing

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


@pytest.mark.requirement("L-39")
def test_while_a_publication_holds_the_standings_others_read_them_and_change_none(
    committed: tuple[Any, Any],
) -> None:
    bank, scheme = committed
    run = steps.publish(steps.compute(scheme, bank, as_of=Q3), bank)
    with transaction.atomic():
        publishing._hold_standings()
        with ThreadPoolExecutor(max_workers=1) as pool:
            assert (
                pool.submit(
                    _elsewhere, f"SELECT COUNT(*) FROM loyalty_standing WHERE run_id = {run.pk}"
                ).result()
                == 6
            )
            for statement in (
                "UPDATE loyalty_standing SET tier = 'HIGH'",
                "SELECT 1 FROM loyalty_standing FOR UPDATE",
            ):
                with pytest.raises(DatabaseError, match="lock timeout"):
                    pool.submit(_elsewhere, statement).result()


@pytest.mark.requirement("L-39")
def test_the_parts_exchanged_by_a_publication_leave_one_with_every_index(committed: tuple[Any, Any]) -> None:
    bank, scheme = committed
    for end in (Q3, Q4):
        steps.publish(steps.compute(scheme, bank, as_of=end), bank)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT inhrelid FROM pg_inherits WHERE inhparent = 'loyalty_standing'::regclass")
        (part,) = (oid for (oid,) in cursor.fetchall())
        cursor.execute(
            "SELECT count(*) FILTER (WHERE indrelid = %s), count(*) FILTER (WHERE indrelid <> %s),"
            "       count(*) FILTER (WHERE indisprimary) FROM pg_index"
            " WHERE indrelid IN (%s, 'loyalty_standing'::regclass)",
            [part] * 3,
        )
        of_part, of_whole, keys = cursor.fetchone()
        assert (of_part, keys) == (of_whole, 2)
        assert of_whole > 1
        cursor.execute("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s", [part])
        assert cursor.fetchone() == (True,)


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


def _elsewhere(statement: str) -> Any:
    """The first cell of a statement's answer on a connection of its own that does not wait."""
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def _furnish() -> None:
    """What a test with real commits finds emptied by the one before."""
    install(now=datetime.now(UTC))
    if not TierPolicy.objects.exists():
        text = files("zhike.loyalty").joinpath("data/tier_policies.toml").read_text("utf-8")
        TierPolicy.objects.bulk_create(TierPolicy(**row) for row in tomllib.loads(text)["policy"])
