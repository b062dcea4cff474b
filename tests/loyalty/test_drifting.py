"""Drift of the indicators: kept with a run, judged by the limits of the day, shown without giving anybody away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import Q3

from zhike.analytics import drift
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
