"""What is said of a date before an evaluation is started, and what an approval covers (L-39, L-42)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.cast import Bank
from tests.loyalty import golden, steps

from zhike.analytics.indicators import CATALOGUE
from zhike.core.models import Approval, ApprovalState, JobRun, Parameter
from zhike.core.operations import approvals
from zhike.facts.models import ImportBatch, LakeFile
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import EarlyMover, Run, Scheme
from zhike.loyalty.operations import counting, early_movers, runs, schemes
from zhike.loyalty.queries.definitions import changed_since_approval, computed_otherwise
from zhike.loyalty.views.panels import too_few

ClientOf = Callable[..., Client]
START = 'class="btn btn-primary" type="submit"'


def ask(client: Client, scheme: Scheme, as_of: date) -> str:
    sent = {"scheme": scheme.pk, "as_of": as_of.isoformat(), "reason": ""}
    return client.get(reverse("loyalty:run_start"), sent).content.decode()


@pytest.fixture
def redefined(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A later release, which defines an indicator anew."""

    def to_version(code: str) -> None:
        later = replace(CATALOGUE[code], version=CATALOGUE[code].version + 1)
        monkeypatch.setitem(CATALOGUE, code, later)

    return to_version


@pytest.mark.requirement("L-39")
@pytest.mark.parametrize(
    ("as_of", "business_on", "said"),
    [
        (date(2026, 12, 31), date(2026, 10, 31), "The last whole period ends on 30 Sep 2026."),
        (date(2026, 10, 31), date(2026, 10, 31), "The last whole period ends on 30 Sep 2026."),
        (date(2026, 8, 31), date(2026, 10, 31), "2026Q3 ends on 30 Sep 2026"),
        (date(2019, 12, 31), date(2026, 10, 31), "The loaded facts begin on 1 Oct 2025"),
    ],
)
def test_a_date_that_cannot_be_evaluated_says_so_at_once_and_offers_no_start(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf, as_of: date, business_on: date, said: str
) -> None:
    ImportBatch.objects.update(business_on=business_on)
    LakeFile.objects.filter(table="balances").update(month_on=date(2025, 10, 1))
    page = ask(client_of(golden_bank.wu), golden_scheme, as_of)
    assert said in page
    assert "cannot be evaluated" in page
    assert START not in page
    assert not ProcrastinateJob.objects.exists()
    with pytest.raises(runs.RunRefused, match=said):
        runs.start_run(scheme_id=golden_scheme.pk, as_of=as_of, reason="", by=golden_bank.wu, now=golden.NOW)


def test_a_period_half_of_the_customers_have_no_data_for_is_warned_of_before_the_click(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.wu)
    counting.count_coverage(scheme_id=golden_scheme.pk, as_of=golden.Q3)
    page = ask(client, golden_scheme, golden.Q3)
    assert "3 of 6 customers would have too little data to be rated" in page
    assert "Whoever has a tier keeps it" in page
    assert START in page
    kept = counting.coverage_of(Scheme.objects.get(pk=golden_scheme.pk), as_of=golden.Q3)
    spec = golden_scheme.definition
    assert too_few({**kept, "insufficient_count": 0}, spec, on=steps.TODAY) is None


@pytest.mark.parametrize(("count", "percent", "is_warned"), [(49, 50, False), (50, 50, True), (49, 40, True)])
@pytest.mark.parametrize("minimum_available", [3000, 6000, 9000])
def test_the_warning_follows_the_share_the_bank_set_and_not_the_weight_of_the_scheme(
    db: None, count: int, percent: int, is_warned: bool, minimum_available: int
) -> None:
    Parameter.objects.filter(code="loyalty.unrated_percent").update(value=percent)
    spec = replace(golden.golden_spec(), minimum_available=minimum_available)
    found = too_few({"customer_count": 100, "insufficient_count": count}, spec, on=steps.TODAY)
    assert found is not None
    assert found.is_warned == is_warned


def test_what_an_earlier_release_counted_is_counted_again(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf
) -> None:
    counting.count_coverage(scheme_id=golden_scheme.pk, as_of=golden.Q3)
    scheme = Scheme.objects.get(pk=golden_scheme.pk)
    kept = scheme.coverage[golden.Q3.isoformat()]
    JobRun.objects.create(
        job=counting.COUNT_JOB, as_of=golden.Q3, key=f"{scheme.pk}.{kept['facts']}", state="DONE",
        asked_at=golden.NOW, finished_at=golden.NOW,
    )  # fmt: skip
    del kept["insufficient_count"]
    scheme.save(update_fields=["coverage"])
    assert counting.coverage_of(scheme, as_of=golden.Q3) == {}
    assert "The coverage is being counted" in ask(client_of(golden_bank.wu), scheme, golden.Q3)
    assert counting.counting_of(scheme, as_of=golden.Q3).state == "QUEUED"


def test_counting_leaves_no_file_behind(golden_bank: Bank, golden_scheme: Scheme) -> None:
    found = counting.count_coverage(scheme_id=golden_scheme.pk, as_of=golden.Q3)
    run = steps.compute(golden_scheme, golden_bank, as_of=golden.Q3)
    assert found["insufficient_count"] == run.summary["insufficient_count"]
    assert not list(_lake().glob("loyalty/count-*"))


def test_a_published_period_is_announced_at_its_date(
    golden_bank: Bank, published: Run, client_of: ClientOf
) -> None:
    counting.count_coverage(scheme_id=published.scheme_id, as_of=published.as_of)
    page = ask(client_of(golden_bank.wu), published.scheme, published.as_of)
    assert "2026Q3 is already published: evaluating it again needs a reason" in page


@pytest.mark.requirement("L-42")
def test_a_scheme_approved_under_other_definitions_is_not_evaluated_and_its_pages_say_which(
    golden_bank: Bank, golden_scheme: Scheme, client_of: ClientOf, redefined: Callable[[str], None]
) -> None:
    assert changed_since_approval(golden_scheme) == []
    redefined("COMPLAINT")
    later = Scheme.objects.get(pk=golden_scheme.pk)
    assert changed_since_approval(later) == ["Complaint rate"]
    client = client_of(golden_bank.wu)
    page = ask(client, later, golden.Q3)
    assert "approved with other definitions of Complaint rate" in page
    assert START not in page
    with pytest.raises(runs.RunRefused, match="Complaint rate"):
        steps.compute(later, golden_bank, as_of=golden.Q3)
    assert "Complaint rate" in _alerts(client.get(reverse("loyalty:scheme", args=[later.pk])))


@pytest.mark.requirement("L-42")
def test_a_run_queued_before_the_definitions_changed_is_not_computed_after(
    golden_bank: Bank, golden_scheme: Scheme, redefined: Callable[[str], None]
) -> None:
    run = runs.start_run(scheme_id=golden_scheme.pk, as_of=golden.Q3, by=golden_bank.wu, now=golden.NOW)
    redefined("SATISFACTION")
    with pytest.raises(runs.RunRefused, match="Satisfaction"):
        steps.carry_out(Run.objects.get(pk=run.pk))
    Run.objects.filter(pk=run.pk).update(state="BLOCKED")
    with pytest.raises(runs.RunRefused, match="Satisfaction"):
        runs.restart_run(run_id=run.pk, by=golden_bank.wu, now=golden.NOW)


@pytest.mark.requirement("L-42")
def test_a_scheme_submitted_under_other_definitions_is_not_approved_and_can_be_sent_back(
    golden_bank: Bank, redefined: Callable[[str], None]
) -> None:
    made = steps.submitted(golden.golden_spec(), golden_bank)
    redefined("COMPLAINT")
    waiting = Approval.objects.get(subject_id=made.pk, state=ApprovalState.PENDING)
    with pytest.raises(schemes.SchemeRefused, match="Complaint rate"):
        approvals.approve(approval_id=waiting.pk, reason="同意", by=golden_bank.liang, now=golden.NOW)
    approvals.reject(approval_id=waiting.pk, reason="重新试算", by=golden_bank.liang, now=golden.NOW)
    made = Scheme.objects.get(pk=made.pk)
    assert (made.state, made.indicator_versions) == (SchemeState.DRAFT, {})
    with pytest.raises(schemes.SchemeRefused, match="Try these numbers"):
        schemes.submit_scheme(scheme_id=made.pk, version=made.version, by=golden_bank.zheng, now=golden.NOW)


def test_a_run_computed_otherwise_than_approved_says_so(
    golden_bank: Bank, computed: Run, client_of: ClientOf
) -> None:
    assert computed_otherwise(computed) == []
    inputs = json.loads(computed.inputs)
    assert inputs["indicator_versions"]["COMPLAINT"] == 2
    inputs["indicator_versions"]["COMPLAINT"] = 1
    Run.objects.filter(pk=computed.pk).update(inputs=json.dumps(inputs))
    page = client_of(golden_bank.zheng).get(reverse("loyalty:run", args=[computed.pk])).content.decode()
    assert "Computed with other definitions than were approved." in page
    assert "the one the scheme was approved under: Complaint rate." in page


def test_a_run_that_kept_its_versions_in_a_hash_alone_is_the_same_by_that_hash_only(computed: Run) -> None:
    inputs = json.loads(computed.inputs)
    del inputs["indicator_versions"]
    computed.inputs = json.dumps(inputs)
    assert computed_otherwise(computed) == []
    computed.inputs = json.dumps({**inputs, "spec_sha256": "0" * 64})
    assert len(computed_otherwise(computed)) == len(computed.scheme.definition.indicators)


@pytest.mark.requirement("L-42")
def test_what_was_approved_is_kept_and_not_read_from_a_hash(golden_scheme: Scheme) -> None:
    assert golden_scheme.indicator_versions == golden_scheme.definition.indicator_versions
    golden_scheme.spec_hash = "0" * 64  # as of a release that hashes a scheme in another form
    assert changed_since_approval(golden_scheme) == []
    with pytest.raises(IntegrityError, match="frozen"):
        Scheme.objects.filter(pk=golden_scheme.pk).update(indicator_versions={})


def test_the_upgrade_finds_what_was_approved_once_and_stops_no_bank(golden_scheme: Scheme) -> None:
    migration = import_module("zhike.loyalty.migrations.0010_versions_of_indicators")
    spec = golden_scheme.definition
    earlier = {**spec.indicator_versions, "COMPLAINT": 1}
    assert migration.versions_of(spec, spec.sha256_under(earlier)) == earlier
    assert migration.versions_of(spec, golden_scheme.spec_hash) == spec.indicator_versions
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE loyalty_scheme DISABLE TRIGGER loyalty_scheme_frozen")
    for frozen, kept in ((spec.sha256_under(earlier), earlier), ("0" * 64, spec.indicator_versions)):
        Scheme.objects.filter(pk=golden_scheme.pk).update(spec_hash=frozen, indicator_versions={})
        migration.keep_versions(apps, None)
        assert Scheme.objects.get(pk=golden_scheme.pk).indicator_versions == kept


def test_nobody_is_watched_by_a_definition_that_was_not_approved(
    golden_bank: Bank, published: Run, client_of: ClientOf, redefined: Callable[[str], None]
) -> None:
    redefined("COMPLAINT")
    assert early_movers.refresh_early_movers(as_of=golden.Q4, now=golden.NOW) == 0
    assert not EarlyMover.objects.exists()
    page = client_of(golden_bank.zheng).get(reverse("loyalty:early_movers")).content.decode()
    assert "This release defines other than the approved scheme: Complaint rate." in page


def _lake() -> Any:
    from pathlib import Path

    from django.conf import settings

    return Path(settings.LAKE)


def _alerts(answer: Any) -> str:
    page = answer.content.decode()
    return page[page.find("zk-alert") :] if "zk-alert" in page else ""
