"""Drift of the indicators: kept with a run, judged by the limits of the day, shown without giving anybody away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import Q3

from zhike.analytics import drift
from zhike.core.models import Task
from zhike.loyalty.models import DriftReading, Run
from zhike.loyalty.operations import drifting as keeping
from zhike.loyalty.operations import early_movers
from zhike.loyalty.queries import drifting


@pytest.mark.requirement("N-17")
def test_a_run_keeps_how_far_each_indicator_lies_from_the_one_before(
    golden_bank: Bank, client_of: Callable[..., Client]
) -> None:
    scheme = steps.in_force(golden.golden_spec(), golden_bank)
    first = steps.compute(scheme, golden_bank, as_of=Q3)
    assert first.summary["drift"] == []
    steps.publish(first, golden_bank)
    second = steps.compute(scheme, golden_bank, as_of=golden.Q4)
    rows = drifting.drift_rows(second.summary["drift"], on=second.as_of)
    assert rows[0].code == "SCORE"
    assert {row.code for row in rows} == {"SCORE", *second.indicators}
    page = client_of(golden_bank.wu).get(f"/loyalty/runs/{second.pk}/")
    assert [row.code for row in page.context["drift"]] == [row.code for row in rows]


@pytest.mark.parametrize(
    ("now", "level"),
    [((50, 50), "STABLE"), ((65, 35), "STABLE"), ((68, 32), "WATCHED"), ((80, 20), "ALARM")],
)
def test_a_drift_is_judged_by_the_limits_of_the_day(db: None, now: tuple[int, int], level: str) -> None:
    spreads = [drift.Spread((*pair, *[0] * 8), 0, 5.0) for pair in ((50, 50), now)]
    found = drift.drifts({"TENURE": spreads[0]}, {"TENURE": spreads[1]})
    (row,) = drifting.drift_rows([asdict(each) for each in found], on=Q3)
    assert row.level == level


def test_a_share_that_would_tell_of_few_customers_is_not_shown(db: None) -> None:
    spread = asdict(drift.Spread((50, *[0] * 9), 3, 5.0))
    kept = [{"code": "TENURE", "before": spread, "now": {**spread, "missing": 40}, "index": 0.0}]
    (row,) = drifting.drift_rows(kept, on=Q3, least=5)
    assert (row.missing_before, row.missing) == (None, 40 / 90)


LATER = date(2026, 10, 21)


def far(code: str = "SATISFACTION", now: tuple[int, int] = (20, 80)) -> list[drift.Drift]:
    """One indicator whose customers went to the other end of the scale."""
    spreads = [drift.Spread((*pair, *[0] * 8), 0, 5.0) for pair in ((80, 20), now)]
    return drift.drifts({code: spreads[0]}, {code: spreads[1]})


@pytest.mark.requirement("L-11", "N-17")
def test_an_indicator_far_off_raises_one_alarm_an_evaluation(golden_bank: Bank, published: Run) -> None:
    def kept(day: date, found: list[drift.Drift]) -> DriftReading:
        return keeping.keep_reading(run=published, as_of=day, found=found, now=golden.NOW)

    assert kept(LATER, far(now=(70, 30))).alarmed == []
    assert kept(LATER, far()).alarmed == ["SATISFACTION"]
    kept(LATER, far())
    kept(LATER + timedelta(days=1), far())
    task = Task.objects.get(source_key__startswith=keeping.SOURCE)
    assert task.unit_id == published.published_by.unit_id
    assert "Satisfaction" in str(task.title_in_words)
    kept(LATER + timedelta(days=2), [*far(), *far("COMPLAINT")])
    assert Task.objects.filter(source_key__startswith=keeping.SOURCE).count() == 2
    assert published.drift_readings.count() == 3


@pytest.mark.requirement("L-11")
def test_the_watch_keeps_the_drift_and_its_page_shows_it(
    golden_bank: Bank, published: Run, lake: Path, client_of: Callable[..., Client]
) -> None:
    golden.load(golden.golden_rows(golden_bank), lake=lake, digest="october", business_on=LATER)
    early_movers.refresh_early_movers(as_of=LATER, now=golden.NOW)
    reading = DriftReading.objects.get()
    assert (reading.run, reading.as_of) == (published, LATER)
    page = client_of(golden_bank.zheng).get("/loyalty/watch/")
    assert {row.code for row in page.context["drift"]} == {"SCORE", *published.indicators}
    assert page.context["drift_chart"] is None
    early_movers.refresh_early_movers(as_of=LATER + timedelta(days=1), now=golden.NOW)
    assert client_of(golden_bank.zheng).get("/loyalty/watch/").context["drift_chart"].rows[0][0]
