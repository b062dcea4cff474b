"""Why an index changed: who came or went first, all weights as one, and a sum that is the change."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.loyalty.models import Result, Run
from zhike.loyalty.queries.cause_words import CauseKind, cause_in_words
from zhike.loyalty.queries.causes import Explained, causes_between

CODES = ["REPEAT_PURCHASE", "REFERRAL", "COMPLAINT", "SATISFACTION", "LIFETIME_VALUE"]
WEIGHTS = (0.30, 0.15, 0.15, 0.20, 0.20)
Values = list[float | None]


def row(values: Values) -> Result:
    """A result of these values by the rules' weights; the weight of what has no value goes to the others."""
    available = sum(weight for weight, value in zip(WEIGHTS, values, strict=True) if value is not None)
    weights = [
        weight / available if value is not None else 0.0
        for weight, value in zip(WEIGHTS, values, strict=True)
    ]
    parts = [weight * (value or 0.0) for weight, value in zip(weights, values, strict=True)]
    return Result(
        score=sum(parts), raws=values, values=values, weights=weights, contributions=parts,
        states="".join("N" if value is None else "O" for value in values),
    )  # fmt: skip


def between(before: Values, now: Values) -> Explained:
    return causes_between(Run(indicators=CODES), row(now), Run(indicators=CODES), row(before))


def test_an_indicator_newly_counted_at_nothing_comes_first_and_the_weights_are_one_cause() -> None:
    found = between([None, 33.3, 100.0, 77.3, 77.6], [0.0, 33.3, 100.0, 77.3, 77.6])
    assert [cause.kind for cause in found.shown] == [CauseKind.COUNTED, CauseKind.REWEIGHED]
    counted, reweighed = found.shown
    assert (counted.code, counted.points, counted.lowers) == ("REPEAT_PURCHASE", 0.0, True)
    assert reweighed.points == pytest.approx(-21.84, abs=0.01)
    assert cause_in_words(counted) == (
        "Repeat purchase rate: newly counted at 30.0% of the index, 0 repeat purchases (0.0)"
    )
    assert cause_in_words(reweighed) == "The weights of the others were shared out anew (-21.8)"


def test_an_indicator_no_longer_counted_takes_its_whole_contribution_along() -> None:
    found = between([50.0, 80.0, 90.0, 60.0, 70.0], [50.0, None, 90.0, 60.0, 70.0])
    assert found.shown[0].kind is CauseKind.LEFT_OUT
    assert found.shown[0].points == pytest.approx(-12.0)
    assert found.shown[1].kind is CauseKind.REWEIGHED


def test_without_a_change_of_data_only_values_are_causes() -> None:
    found = between([50.0, 80.0, 90.0, 60.0, 70.0], [70.0, 80.0, 40.0, 60.0, 70.0])
    assert [(cause.code, round(cause.points, 6)) for cause in found.shown] == [
        ("COMPLAINT", -7.5), ("REPEAT_PURCHASE", 6.0),
    ]  # fmt: skip


@given(st.lists(st.tuples(*[st.none() | st.floats(0, 100)] * 2), min_size=5, max_size=5))
def test_the_causes_add_up_to_the_change_of_the_score(pairs: list[tuple[float | None, float | None]]) -> None:
    before, now = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if all(value is None for value in before) or all(value is None for value in now):
        return
    old, new = row(before), row(now)
    found = causes_between(Run(indicators=CODES), new, Run(indicators=CODES), old)
    assert new.score is not None and old.score is not None
    assert sum(cause.points for cause in found.causes) == pytest.approx(new.score - old.score, abs=1e-9)
    of_codes = sum(found.points_of(code) for code in ("", *CODES))
    assert of_codes == pytest.approx(new.score - old.score, abs=1e-9)
    kinds = [cause.kind for cause in found.causes]
    assert kinds.count(CauseKind.REWEIGHED) <= 1
    came = {CauseKind.COUNTED, CauseKind.LEFT_OUT}
    assert all(not (late in came and early not in came) for early, late in itertools.pairwise(kinds))
