"""Value is studied once for a state of the facts, outlives what is killed, and segments may ask for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from tests.cast import Bank
from tests.insight import steps
from tests.loyalty import golden
from tests.loyalty.golden import NOW

from zhike.analytics.rules import Ask, Condition, Group
from zhike.core.models import AuditEvent, JobRun, Parameter
from zhike.facts import api as facts
from zhike.insight.models import ValueStudy
from zhike.insight.operations import portraits, value_studies
from zhike.insight.queries import counting
from zhike.insight.queries.reach import Reach
from zhike.insight.queries.value_studies import JOB, current, is_outdated, rules_on

pytestmark = pytest.mark.django_db


def rows(study: ValueStudy, columns: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as duck:
        path = facts.full_path(study.path)
        return duck.execute(f"SELECT {columns} FROM '{path}' ORDER BY customer_id").fetchall()


@pytest.mark.requirement("T-28")
def test_a_study_names_what_it_rests_on_and_values_every_customer(golden_bank: Bank, lake: Path) -> None:
    study = steps.studied(steps.card_users(golden_bank), lake)
    assert (study.as_of, study.batches, study.row_count) == (golden.Q4, list(facts.snapshot().batches), 46)
    assert study.sha256 == facts.sha256_of(facts.full_path(study.path))
    found = study.found["habits"]["CARD"]["by_type"]["RETAIL"]
    assert found["chosen"] in {"BGNBD", "PARETONBD"}
    assert found["source"] == "OWN"
    quiet, busy = (
        dict(rows(study, "customer_id, card_alive"))[900_003],
        dict(rows(study, "customer_id, card_alive"))[900_001],
    )
    assert quiet < 0.5 < busy
    assert all(value is None or value >= 0 for (value,) in rows(study, "card_value_cents"))
    assert AuditEvent.objects.filter(action="value.studied").count() == 1


def test_too_few_buyers_are_refused_and_told_in_the_study(golden_bank: Bank) -> None:
    study = value_studies.study_value(now=NOW)
    assert study is not None
    assert study.found["habits"]["CARD"]["by_type"] == {}
    investment = study.found["habits"]["INVESTMENT"]["by_type"]["ALL"]
    assert (investment["refusal"], investment["chosen"]) == ("ALL_ALIKE", None)
    assert {state for (state,) in rows(study, "state")} >= {"KEPT"}


def test_the_same_facts_and_rules_give_the_same_study_and_others_another(golden_bank: Bank) -> None:
    study = value_studies.study_value(now=NOW)
    assert value_studies.study_value(now=NOW) == study
    assert not is_outdated(current())
    Parameter.objects.filter(code="value.horizon_months").update(value=12)
    assert is_outdated(current())
    later = value_studies.study_value(now=NOW)
    assert later is not None and study is not None
    assert later.pk > study.pk
    assert later.rules["habits"]["CARD"]["horizon_months"] == 12


def test_a_study_is_asked_for_once_for_each_state_and_asks_for_a_portrait(golden_bank: Bank) -> None:
    first = value_studies.ask_study(now=NOW, asked_by="wu")
    assert value_studies.ask_study(now=NOW) == first
    assert JobRun.objects.filter(job=JOB).count() == 1
    value_studies.study_value(now=NOW)
    assert JobRun.objects.filter(job=portraits.JOB).exists()


def test_nothing_is_studied_where_nothing_was_loaded(bank: Bank) -> None:
    assert value_studies.ask_study(now=NOW) is None
    assert value_studies.study_value(now=NOW) is None


def test_a_killed_study_leaves_what_was(
    golden_bank: Bank, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(place: str) -> None:
        raise KeyboardInterrupt(place)

    monkeypatch.setattr(value_studies, "crash_point", killed)
    with pytest.raises(KeyboardInterrupt, match=r"value\.before_commit"):
        value_studies.study_value(now=NOW)
    assert current() is None
    assert not list((lake / "insight").iterdir())


def test_the_rules_of_a_study_are_the_parameters_of_the_day(golden_bank: Bank) -> None:
    rules = rules_on(golden.Q4)
    assert rules.keeping.bands_cents[:3] == (0, 5_000_000, 20_000_000)
    assert {habit: each.margin_share for habit, each in rules.habits.items()} == {
        "CARD": 0.006,
        "INVESTMENT": 0.01,
    }
    Parameter.objects.filter(code="value.partial_loss_percent").update(
        value=90
    )  # beyond the whole loss: they change places
    mended = rules_on(golden.Q4).keeping
    assert (mended.partial_loss, mended.asset_loss) == (0.5, 0.9)


@pytest.mark.requirement("L-29", "T-27", "M-27")
def test_segments_ask_for_value_cell_and_band(golden_bank: Bank, lake: Path) -> None:
    study = steps.studied(steps.card_users(golden_bank), lake)
    portrait = portraits.build_portrait(now=NOW)
    assert portrait is not None
    assert {"code": "VALUE", "as_of": golden.Q4.isoformat(), "label": ""} in portrait.sources
    asked = {
        "quiet": Condition("CARD_ALIVE", Ask.BETWEEN, None, 500_000),
        "cell": Condition(
            "RFM_CELL", Ask.IN, values=("GENERAL_VALUE", "GENERAL_WIN_BACK", "IMPORTANT_WIN_BACK")
        ),
        "worth": Condition("CLV", Ask.BETWEEN, 1, None),
        "lowest": Condition("AUM_BAND", Ask.BETWEEN, 1, 1),
    }
    counts = {}
    for name, condition in asked.items():
        found = counting.count(Group(parts=(condition,)), reach=Reach(None, 0))
        assert found is not None
        counts[name] = found.count
    kept = rows(study, "card_alive, cell, card_value_cents, end_band, closed_on")
    here = [row for row in kept if row[4] is None]
    assert counts["quiet"] == sum(row[0] is not None and row[0] < 0.5 for row in here)
    assert counts["cell"] == sum(row[1] in asked["cell"].values for row in here)
    assert counts["worth"] == sum((row[2] or 0) > 0 for row in here)
    assert counts["lowest"] == sum(row[3] == 1 for row in here)
    assert all(counts.values())


def test_a_portrait_of_an_earlier_day_knows_no_value_of_today(golden_bank: Bank) -> None:
    value_studies.study_value(now=NOW)
    portrait = portraits.build_portrait(now=NOW, as_of=date(2026, 9, 30))
    assert portrait is not None
    assert portrait.known["AUM_BAND"] == 0
