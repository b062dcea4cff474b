"""Schemes as data: what ships, what is refused, whose weights are whose, and that a version stays itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from zhike.analytics import scheme, scheme_problems
from zhike.analytics.indicators import Normaliser, Policy
from zhike.analytics.scheme import IndicatorUse, SchemeSpec, WeightSet
from zhike.analytics.scheme_problems import Code, Limits, Problem, problems

FULL = scheme.preset("full")


def with_use(**changes: object) -> SchemeSpec:
    """The full scheme with its first indicator changed."""
    return replace(FULL, indicators=(replace(FULL.indicators[0], **changes), *FULL.indicators[1:]))


def with_weights(**weights: int) -> SchemeSpec:
    """The full scheme with weights of its first set changed."""
    first = FULL.weight_sets[0]
    changed = replace(first, weights={**first.weights, **weights})
    return replace(FULL, weight_sets=(changed, *FULL.weight_sets[1:]))


@pytest.mark.requirement("L-37", "L-38")
def test_the_shipped_schemes_have_nothing_that_blocks_them() -> None:
    assert scheme.preset_names() == ("core_banking", "full")
    assert problems(FULL) == ()
    assert problems(scheme.preset("core_banking")) == (Problem(Code.NO_ATTITUDE, is_blocking=False),)


def test_preset_refuses_a_name_that_does_not_ship() -> None:
    with pytest.raises(scheme.UnknownPreset):
        scheme.preset("../full")


@pytest.mark.requirement("L-38")
@pytest.mark.parametrize(
    ("business_type", "group", "expected"),
    [
        ("RETAIL", "GENERAL", "RETAIL_GENERAL"),
        ("RETAIL", "PRIVATE", "RETAIL_WEALTH"),
        ("RETAIL", "CARD", "RETAIL_CARD"),
        ("MICRO", "CARD", "MICRO"),
        ("CORPORATE", "GENERAL", "CORPORATE"),
        ("PROJECT", "WEALTH", "PROJECT"),
        ("UNKNOWN", "UNKNOWN", "RETAIL_GENERAL"),
    ],
)
def test_a_customer_has_exactly_one_weight_set(business_type: str, group: str, expected: str) -> None:
    assert FULL.weight_set_for(business_type, group).code == expected


@pytest.mark.requirement("L-38")
def test_weights_that_do_not_sum_to_the_whole_are_refused_with_their_sum() -> None:
    assert problems(with_weights(REFERRAL=1000)) == (
        Problem(Code.WEIGHTS_NOT_WHOLE, "RETAIL_GENERAL", {"sum": 9500}),
    )


BROKEN: list[tuple[Code, Callable[[], SchemeSpec]]] = [
    (Code.NO_INDICATOR, lambda: replace(FULL, indicators=())),
    (Code.UNKNOWN_INDICATOR, lambda: with_use(code="HOROSCOPE")),
    (Code.REPEATED_INDICATOR, lambda: replace(FULL, indicators=(*FULL.indicators, FULL.indicators[0]))),
    (Code.POLICY_NOT_PERMITTED, lambda: with_use(policy=Policy.ZERO)),
    (Code.NORMALISER_NOT_PERMITTED, lambda: with_use(code="SATISFACTION", normaliser=Normaliser.RATIO)),
    (
        Code.MEAN_HAS_NO_RANK,
        lambda: with_use(policy=Policy.GROUP_MEAN, normaliser=Normaliser.PERCENTILE),
    ),
    (Code.UNKNOWN_PARAMETER, lambda: with_use(parameters={"low": 0})),
    (Code.UNKNOWN_PARAMETER, lambda: with_use(by_business_type={"MICRO": {"by_amount": 1}})),
    (Code.PARAMETER_OUT_OF_RANGE, lambda: with_use(parameters={"target": 0})),
    (Code.PARAMETER_OUT_OF_RANGE, lambda: with_use(parameters={"target": float("nan")})),
    (
        Code.BOUNDS_ORDER,
        lambda: with_use(normaliser=Normaliser.FIXED, parameters={"low": 2, "high": 2}, by_business_type={}),
    ),
    (Code.WEIGHT_OF_UNUSED_INDICATOR, lambda: with_weights(TENURE=0)),
    (Code.NEGATIVE_WEIGHT, lambda: with_weights(REFERRAL=-500, COMPLAINT=3500)),
    (Code.REPEATED_WEIGHT_SET, lambda: replace(FULL, weight_sets=(*FULL.weight_sets, FULL.weight_sets[0]))),
    (
        Code.AMBIGUOUS_WEIGHT_SET,
        lambda: replace(FULL, weight_sets=(*FULL.weight_sets, replace(FULL.weight_sets[0], code="OTHER"))),
    ),
    (Code.NO_DEFAULT_WEIGHT_SET, lambda: replace(FULL, default_weight_set="NOBODY")),
    (Code.CYCLE_NOT_ALLOWED, lambda: replace(FULL, cycle="M")),
    (Code.WINDOW_TOO_SHORT, lambda: replace(FULL, window_months=11)),
    (Code.RECENT_NOT_WITHIN_WINDOW, lambda: replace(FULL, recent_months=12)),
    (Code.THRESHOLDS_ORDER, lambda: replace(FULL, high_from=45.0)),
    (Code.NUMBER_OUT_OF_RANGE, lambda: replace(FULL, downgrade_runs=0)),
]


@pytest.mark.requirement("L-39", "L-40", "S-92")
@pytest.mark.parametrize(("code", "make"), BROKEN, ids=[str(code) for code, _ in BROKEN])
def test_problems_names_what_blocks_a_scheme(code: Code, make: Callable[[], SchemeSpec]) -> None:
    found = [problem for problem in problems(make()) if problem.is_blocking]
    assert code in {problem.code for problem in found}


def test_every_problem_code_is_tried() -> None:
    told_only = {Code.NO_ATTITUDE, Code.NO_BEHAVIOUR, Code.WEIGHTS_NOT_WHOLE}
    assert {code for code, _ in BROKEN} | told_only == set(Code)


@pytest.mark.requirement("S-92")
def test_a_scheme_of_opinions_alone_is_told_so() -> None:
    only = WeightSet("ALL", None, (), {"SATISFACTION": 10_000})
    spec = replace(
        FULL, indicators=(FULL.use("SATISFACTION"),), weight_sets=(only,), default_weight_set="ALL"
    )
    assert problems(spec) == (Problem(Code.NO_BEHAVIOUR, is_blocking=False),)


def test_limits_of_the_bank_replace_the_shipped_ones() -> None:
    assert Limits.shipped() == Limits(minimum_window_months=12, cycles=("Q", "H"))
    assert problems(replace(FULL, cycle="M"), Limits(12, ("M",))) == ()


def test_number_looks_at_the_business_type_then_the_scheme_then_the_catalogue() -> None:
    use = FULL.use("REPEAT_PURCHASE")
    assert (use.number("target", "CORPORATE"), use.number("target", "RETAIL")) == (6.0, 4.0)
    assert use.number("by_amount") == 0.0


@pytest.mark.requirement("L-42")
def test_a_version_read_back_is_the_same_version() -> None:
    for name in scheme.preset_names():
        spec = scheme.preset(name)
        again = scheme.from_dict(json.loads(json.dumps(spec.to_dict())))
        assert again == spec
        assert again.sha256 == spec.sha256


@pytest.mark.requirement("L-42")
def test_the_hash_changes_with_any_number_and_not_with_its_spelling() -> None:
    assert replace(FULL, hysteresis_points=2.5).sha256 != FULL.sha256
    assert with_use(parameters={"target": 5}).sha256 != FULL.sha256
    assert with_use(parameters={"target": 4}).sha256 == with_use(parameters={"target": 4.0}).sha256
    spelled = IndicatorUse("TENURE", Policy.ZERO, Normaliser.RATIO, {"target": 3})
    assert spelled == IndicatorUse("TENURE", Policy.ZERO, Normaliser.RATIO, {"target": 3.0})


def test_the_problems_module_knows_every_normaliser() -> None:
    assert set(scheme_problems.NORMALISER_PARAMETERS) == set(Normaliser)
