"""F-2 in a browser, the steps that need facts of their own: blocked runs, the golden scores, second publications."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.cast import Bank
from tests.factories.people import person
from tests.loyalty import golden, steps

from zhike.facts.models import LakeFile
from zhike.loyalty import jobs
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations import recomputing, runs, schemes

pytestmark = pytest.mark.journey
Visit = Callable[..., Page]


@pytest.mark.requirement("L-38", "L-42")
def test_a_scheme_whose_tiers_begin_the_wrong_way_round_is_refused(
    golden_bank: Bank, golden_scheme: Scheme, visit: Visit
) -> None:
    draft = schemes.draft_next_version(scheme_id=golden_scheme.pk, by=golden_bank.zheng, now=steps.NOW)
    page = visit(f"/loyalty/schemes/{draft.pk}/", golden_bank.zheng)
    for name, value in (("high_from", "40"), ("medium_from", "45"), ("reason", "market changes")):
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    page.wait_for_load_state()
    expect(page.locator(".zk-alert", has_text="must lie above that of the medium tier").first).to_be_visible()
    assert Scheme.objects.get(pk=draft.pk).state == "DRAFT"


@pytest.mark.requirement("L-42")
def test_other_weights_for_the_next_quarter_leave_the_hash_of_this_one(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, visit: Visit
) -> None:
    def shown() -> str:
        page = visit(f"/loyalty/runs/{published.pk}/", golden_bank.zheng)
        return (
            page.locator("dt", has_text="Hash of the rows")
            .locator("xpath=following-sibling::dd[1]")
            .inner_text()
        )

    before = shown()
    steps.publish(
        steps.compute(
            steps.in_force_next_day(golden.golden_spec("Q4"), golden_bank), golden_bank, as_of=golden.Q4
        ),
        golden_bank,
    )
    assert shown() == before != ""
    assert recomputing.recompute_run(run_id=published.pk).is_equal


@pytest.mark.requirement("L-39", "L-42")
def test_a_cent_too_much_blocks_a_run_until_the_facts_are_right(
    golden_bank: Bank, golden_scheme: Scheme, visit: Visit
) -> None:
    file = LakeFile.objects.get(table="balances", replaced_by=None)
    LakeFile.objects.filter(pk=file.pk).update(sum_cents=file.sum_cents + 1)
    run = steps.compute(golden_scheme, golden_bank, as_of=golden.Q3)
    page = visit(f"/loyalty/runs/{run.pk}/", golden_bank.wu)
    expect(page.locator("main")).to_contain_text("Blocked.")
    expect(page.locator("tr", has_text="0.01").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Publish"))).to_have_count(0)
    LakeFile.objects.filter(pk=file.pk).update(sum_cents=file.sum_cents)
    runs.restart_run(run_id=run.pk, by=golden_bank.wu, now=golden.NOW)
    steps.carry_out(run)
    page.reload()
    expect(page.locator("main")).not_to_contain_text("Blocked.")


@pytest.mark.requirement("L-37", "L-38", "L-40")
def test_the_golden_scores_stand_on_the_pages_with_their_make_up(
    golden_bank: Bank, published: Run, visit: Visit
) -> None:
    page = visit(f"/loyalty/customers/{golden_bank.zhang_wei.pk}/", golden_bank.zheng)
    expect(page.locator("main")).to_contain_text("64.40")
    expect(page.locator("main")).to_contain_text("Medium loyalty")
    page = visit(f"/loyalty/customers/{golden_bank.western.pk}/", golden_bank.zheng)
    expect(page.locator("main")).to_contain_text("68.00")
    page = visit(f"/loyalty/customers/{golden_bank.li_na.pk}/", golden_bank.zheng)
    expect(page.locator("main")).to_contain_text("60.00")
    expect(page.locator("main")).to_contain_text(re.compile(r"Data incomplete: 80\.0% of the weight"))


@pytest.mark.requirement("L-42")
def test_a_late_complaint_makes_a_second_result_and_the_first_stays_readable(
    golden_bank: Bank, golden_scheme: Scheme, published: Run, lake: Path, visit: Visit
) -> None:
    page = visit("/loyalty/runs/start/", golden_bank.wu)
    page.locator("[name=as_of]").fill("2026-09-30")
    page.get_by_role("button", name="Show the coverage").click()
    expect(page.locator("main")).to_contain_text("The coverage is being counted")
    job = ProcrastinateJob.objects.latest("id")
    getattr(jobs, job.task_name.removeprefix("loyalty."))(**job.args)
    page.reload()
    page.get_by_role("button", name=re.compile("Evaluate 2026Q3")).click()
    expect(page.locator(".zk-error, .zk-alert").first).to_contain_text("reason")
    assert Run.objects.count() == 1

    rows = golden.golden_rows(golden_bank)
    rows["events"].append(
        golden.event(golden_bank.zhang_wei.pk, "COMPLAINT", "FOUNDED", on=date(2026, 9, 1), severity=2)
    )
    golden.load(rows, lake=lake, digest="late")
    again = steps.compute(golden_scheme, golden_bank, as_of=golden.Q3, reason="投诉迟报")
    steps.publish(again, golden_bank)
    page = visit(f"/loyalty/runs/{again.pk}/", golden_bank.zheng)
    page.get_by_role("link", name="What is different from the evaluation it replaces").click()
    expect(page.locator("main")).to_contain_text("张伟")
    page = visit(f"/loyalty/customers/{golden_bank.zhang_wei.pk}/?run={published.pk}", golden_bank.zheng)
    expect(page.locator("main")).to_contain_text("64.40")
    assert recomputing.recompute_run(run_id=published.pk).is_equal


@pytest.mark.requirement("L-41")
def test_a_tier_is_kept_once_below_the_tolerance_and_then_falls(
    bank: Bank, lake: Path, loader_here: None, visit: Visit
) -> None:
    ends = (date(2025, 12, 31), date(2026, 3, 31), date(2026, 6, 30), golden.Q3)
    scores = dict(zip(ends, (72.0, 69.0, 66.9, 66.0), strict=True))
    golden.load(golden.wallet_rows([bank.zhang_wei], scores), lake=lake, digest="scores")
    scheme = steps.in_force(golden.wallet_spec(), bank)
    for end, tier in zip(ends, ("High", "High", "High", "Medium"), strict=True):
        steps.publish(steps.compute(scheme, bank, as_of=end), bank)
        page = visit(f"/loyalty/customers/{bank.zhang_wei.pk}/", bank.zheng)
        expect(page.locator("main")).to_contain_text(f"{tier} loyalty")
        expect(page.locator("main")).to_contain_text(f"{scores[end]:.1f}")
        page.close()


@pytest.mark.requirement("L-32")
def test_marketing_sees_counts_and_no_customer(golden_bank: Bank, published: Run, visit: Visit) -> None:
    marketing = person("M001", "MARKETING", at=golden_bank.head_office, name="许晴")
    page = visit(f"/loyalty/runs/{published.pk}/", marketing)
    expect(page.locator("main")).to_contain_text("Distribution")
    for name in ("张伟", "李娜", "西城客户"):
        expect(page.locator("main")).not_to_contain_text(name)
    page.goto(page.url.replace(f"/loyalty/runs/{published.pk}/", f"/customers/{golden_bank.zhang_wei.pk}/"))
    expect(page.locator("main")).to_contain_text("403")
