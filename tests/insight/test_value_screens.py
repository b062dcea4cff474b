"""The screens of value: their stories, what they refuse and hide, what they ask of the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.factories.people import person
from tests.insight import steps
from tests.loyalty.golden import NOW

from zhike.analytics.habits import ALL
from zhike.analytics.keeping import GroupFigures, Keeping, Ties
from zhike.core.models import JobRun
from zhike.core.operations import jobs
from zhike.insight.models import ValueStudy
from zhike.insight.operations import portraits, value_studies
from zhike.insight.queries.value_figures import tie_rows
from zhike.insight.queries.value_studies import JOB
from zhike.staff.models import Staff

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Staff], Client]
PAGES = ("/insight/value/", "/insight/value/keeping/", "/insight/value/rfm/", "/insight/value/cohorts/")


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def study(golden_bank: Bank, lake: Path) -> ValueStudy:
    return steps.studied(steps.card_users(golden_bank), lake)


@pytest.mark.requirement("T-28", "N-03", "M-04")
def test_the_pages_tell_models_churn_ties_bands_and_cohorts(
    golden_bank: Bank, study: ValueStudy, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(golden_bank.wu)
    page = text(client.get("/insight/value/"))
    for said in ("Pareto/NBD", "BG/NBD", "Without a model: the last period once more", "Standard error"):
        assert said in page
    assert "Honest limits" in page
    assert "fitted until 2 Jul 2026, then tried" in page
    assert re.search(r"\d\d customers bought before the hold-out, \d\d of them again", page)
    odd = text(client.get("/insight/value/?business_type=RETAIL&habit=NOBODY"))
    assert "Paying by card" in odd
    other = text(client.get("/insight/value/?habit=INVESTMENT"))
    assert "All who bought did so alike" in other
    assert "No model of these customers" in other
    page = text(client.get("/insight/value/keeping/"))
    assert re.search(r"All business types 46 .* 95\.7%", page), page  # two of the 46 have left
    for said in ("Share of wallet", "Raised", "600 to under 1,000 (CNY 10k)", "2025-12-31 to 2026-12-31"):
        assert said in page
    page = client.get("/insight/value/cohorts/").content.decode()
    assert re.search(r"<td>2015</td><td>5</td><td data-depth=\"5\">100.0%</td>", page), page
    for address in PAGES:
        with django_assert_max_num_queries(45):
            client.get(address)


@pytest.mark.requirement("T-27")
def test_a_cell_of_rfm_leads_to_a_segment_of_its_customers(
    golden_bank: Bank, study: ValueStudy, client_of: ClientOf
) -> None:
    portraits.build_portrait(now=NOW)
    client = client_of(golden_bank.wu)
    page = client.get("/insight/value/rfm/?business_type=RETAIL").content.decode()
    led = re.search(r'href="([^"]*cell=GENERAL_VALUE[^"]*)"', page)
    assert led
    counted = re.search(r"General: value</b>.*?<b>(\d+)</b>", page, re.DOTALL)
    assert counted
    segment = text(client.get(led[1].replace("&amp;", "&")))
    assert "RFM cell" in segment
    assert re.search(rf" {counted[1]} of \d+ customers", segment), segment
    assert client.get("/segments/new/?cell=NOTHING&business_type=1").status_code == 200


def test_figures_are_of_the_units_reached_and_totals_show_no_small_count(
    golden_bank: Bank, study: ValueStudy, client_of: ClientOf
) -> None:
    page = text(client_of(golden_bank.chen).get("/insight/value/keeping/"))
    assert "Counted are the customers of the units you reach." in page
    assert int(re.findall(r"All business types (\d+) ", page)[0]) < 46
    planner = client_of(person("900771", "MARKETING", at=golden_bank.head_office))
    assert {planner.get(address).status_code for address in PAGES} == {200}
    page = planner.get("/insight/value/keeping/").content.decode()
    cells = re.findall(r"<td[^>]*>(\d+)</td>", page)
    assert cells
    assert not [cell for cell in cells if 0 < int(cell) < 5]
    assert (
        "RETAIL" not in planner.get("/insight/value/").content.decode()
    )  # beside the whole it would tell of the rest
    assert "not shown" in text(planner.get("/insight/value/keeping/"))


def test_how_many_declared_is_not_found_by_subtraction() -> None:
    def figures(business_type: str, declared: int) -> GroupFigures:
        return GroupFigures(business_type, ALL, Keeping({}, 0, 0, 0), Ties(90, 1, 1, 1, declared, 10, 10))

    found = [figures(ALL, 115), figures("CORPORATE", 4), figures("MICRO", 7), figures("RETAIL", 104)]
    shown = [(row.declared_count, row.wallet_share) for row in tie_rows(found, 5)]
    assert shown == [(115, 0.5), (None, None), (None, None), (104, 0.5)]
    assert [row.declared_count for row in tie_rows(found, 0)] == [115, 4, 7, 104]


@pytest.mark.requirement("L-29")
def test_a_customer_has_a_value_with_its_reasons_for_who_sees_the_holdings(
    golden_bank: Bank, lake: Path, client_of: ClientOf
) -> None:
    address = f"/customers/{golden_bank.zhang_wei.pk}/holdings/"
    client = client_of(golden_bank.chen)
    assert "Value has not been studied yet" in text(client.get(address))
    rows = steps.card_users(golden_bank)
    for line in rows["transactions"]:
        if line["customer_id"] == 900_001:  # the customer pays by card as this one does
            line["customer_id"] = golden_bank.zhang_wei.pk
    steps.studied(rows, lake)
    page = text(client.get(address))
    assert re.search(r"CNY \d+\.\d\d still to come in 36 months", page), page
    assert re.search(
        r"Paying by card Bought on \d+ days, last on \d+ Dec 2026. Still buying: 9\d\.\d%", page
    ), page
    assert re.search(r"RFM [\w ]+: [\w ]+: recency \d, frequency \d, money \d, products \d \(of 5\)", page), (
        page
    )
    assert "Asset band" in page
    assert client_of(golden_bank.outsider).get(address).status_code in {403, 404}


def test_pages_say_what_is_missing_and_what_is_under_way(golden_bank: Bank, client_of: ClientOf) -> None:
    client = client_of(golden_bank.wu)
    for address in PAGES:
        assert "Value has not been studied yet" in text(client.get(address))
    asked = text(client.post("/insight/value/study/", follow=True))
    assert "Value is being studied." in asked
    assert "Waiting for the worker" in asked
    assert "Study now" not in asked
    part = client.get("/insight/value/", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    run = JobRun.objects.get(job=JOB)
    jobs.perform(run.pk, lambda progress: value_studies.study_value(now=NOW, tell=progress.step))
    done = client.get("/insight/value/", headers={"HX-Request": "true"})
    assert done.headers["HX-Refresh"] == "true"
    assert "of the newest facts and rules already" in text(client.post("/insight/value/study/", follow=True))
    page = text(client.get("/insight/value/"))
    assert "Nobody has bought" in page


def test_a_failed_study_is_told(golden_bank: Bank, client_of: ClientOf) -> None:
    client = client_of(golden_bank.wu)
    client.post("/insight/value/study/")
    run = JobRun.objects.get(job=JOB)

    def broken(progress: jobs.Progress) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        jobs.perform(run.pk, broken)
    assert "The last study has failed." in text(client.get("/insight/value/"))


def test_only_who_computes_for_the_bank_may_ask(golden_bank: Bank, client_of: ClientOf) -> None:
    assert client_of(golden_bank.lin).post("/insight/value/study/").status_code == 403
    assert "Study now" not in text(client_of(golden_bank.chen).get("/insight/value/"))
