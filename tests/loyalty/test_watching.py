"""Who has moved is known soon after a publication, and the page says when it was looked (L-11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import Q3

from zhike.loyalty import jobs
from zhike.loyalty.models import EarlyMover, Run, Scheme
from zhike.loyalty.operations import early_movers
from zhike.loyalty.operations.publishing import WATCH_TASK
from zhike.loyalty.queries.watching import last_watch

pytestmark = [pytest.mark.requirement("L-11"), pytest.mark.django_db]
LATER = date(2026, 10, 21)


@pytest.fixture
def complained(golden_bank: Bank, golden_scheme: Scheme, computed: Run, lake: Path) -> Run:
    """The third quarter, published three weeks later: 张伟 has complained meanwhile."""
    rows = golden.golden_rows(golden_bank)
    rows["events"].append(
        golden.event(golden_bank.zhang_wei.pk, "COMPLAINT", "FOUNDED", on=date(2026, 10, 20), severity=2)
    )
    golden.load(rows, lake=lake, digest="october", business_on=LATER)
    return steps.publish(computed, golden_bank)


def queued() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [WATCH_TASK])
        return int(cursor.fetchone()[0])


def test_a_publication_asks_for_the_watch_that_follows_it(golden_bank: Bank, complained: Run) -> None:
    assert (queued(), last_watch(complained)) == (1, None)
    jobs.watch_facts()
    assert EarlyMover.objects.get(pk=golden_bank.zhang_wei.pk).run == complained
    done = last_watch(complained)
    assert done is not None and done.as_of == golden.Q4  # as far as the facts go
    EarlyMover.objects.all().delete()
    jobs.watch_facts()
    assert not EarlyMover.objects.exists()  # of one date and evaluation it is computed once


def test_a_watch_of_an_evaluation_that_was_replaced_meanwhile_says_nothing(
    golden_bank: Bank, golden_scheme: Scheme, complained: Run, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = early_movers.comparing.compare

    def compare_while_another_is_published(*args: Any, **more: Any) -> Any:
        found = compare(*args, **more)
        again = steps.compute(golden_scheme, golden_bank, as_of=Q3, reason="重算")
        steps.publish(again, golden_bank)
        return found

    monkeypatch.setattr(early_movers.comparing, "compare", compare_while_another_is_published)
    assert early_movers.refresh_early_movers(as_of=LATER, now=golden.NOW) == 0
    assert not EarlyMover.objects.exists()
    assert not list(lake.rglob("watch-*"))


def test_an_old_period_evaluated_again_asks_for_none(
    golden_bank: Bank, golden_scheme: Scheme, published: Run
) -> None:
    before = queued()
    steps.publish(steps.compute(golden_scheme, golden_bank, as_of=date(2026, 6, 30)), golden_bank)
    assert queued() == before


def test_the_page_says_what_an_empty_list_means(
    golden_bank: Bank, computed: Run, lake: Path, client_of: Callable[[Any], Client]
) -> None:
    def page() -> str:
        return client_of(golden_bank.zheng).get("/loyalty/watch/").content.decode()

    assert "No published evaluation yet" in page()
    steps.publish(computed, golden_bank)
    assert "Not looked at yet since publication" in page()
    jobs.watch(Q3)
    assert "No facts later than the evaluation are loaded" in page()
    golden.load(golden.golden_rows(golden_bank), lake=lake, digest="october", business_on=LATER)
    jobs.watch_facts()
    assert "Nobody has moved since publication" in page()
    assert "computed" in page()
