"""What-ifs on a computed run: played, kept, compared, taken into a draft; with every refusal beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from tests.cast import Bank
from tests.loyalty import golden, steps
from tests.loyalty.golden import NOW, Q3

from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.what_if import NeedsFacts, Part
from zhike.core.models import AuditEvent
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Result, Run, WhatIf
from zhike.loyalty.operations import runs, schemes, what_ifs
from zhike.loyalty.operations.what_ifs import WhatIfRefused
from zhike.loyalty.queries import what_ifs as words

ClientOf = Callable[..., Client]


@pytest.fixture
def run(golden_bank: Bank) -> Run:
    """The third quarter, computed and not yet published."""
    return steps.compute(steps.in_force(golden.golden_spec(), golden_bank), golden_bank, as_of=Q3)


def lower(run: Run, high_from: float = 60.0) -> SchemeSpec:
    """The scheme of a run with high loyalty from fewer points on."""
    return replace(run.scheme.definition, high_from=high_from)


def keep(run: Run, bank: Bank, *, name: str = "高忠诚从60分起", high_from: float = 60.0) -> WhatIf:
    return what_ifs.keep_what_if(
        run_id=run.pk, name=name, spec=lower(run, high_from).to_dict(), by=bank.wu, now=NOW
    )


@pytest.mark.requirement("L-42")
def test_a_what_if_moves_who_its_numbers_would_move_and_writes_nothing(golden_bank: Bank, run: Run) -> None:
    before = list(Result.objects.filter(run=run).order_by("customer_id").values())
    spec = lower(run)
    found = what_ifs.play(run, spec, part=Part.GROUP)
    expected = Counter(
        "HIGH" if row["score"] >= 60 else "MEDIUM" if row["score"] >= spec.medium_from else "LOW"
        for row in before
        if row["is_sufficient"]
    )
    assert {tier: found.figures.by_score_tier[tier] for tier in expected} == expected
    assert words.moved(found.figures).up_count == len(found.movers) > 0
    after = list(Result.objects.filter(run=run).order_by("customer_id").values())
    assert before == after


def test_what_the_facts_must_be_read_for_cannot_be_played(run: Run) -> None:
    with pytest.raises(NeedsFacts) as refusal:
        what_ifs.play(run, replace(run.scheme.definition, window_months=24), part=Part.OUTLET)
    assert [words.obstacle_in_words(each) for each in refusal.value.obstacles] == ["Window (months)"]


def test_only_a_computed_run_is_played_on(golden_bank: Bank, run: Run) -> None:
    assert what_ifs.playable_refusal(run) == ""
    runs.void_run(run_id=run.pk, reason="重算", by=golden_bank.wu, now=NOW)
    run.refresh_from_db()
    with pytest.raises(WhatIfRefused, match="computed and reconciled"):
        what_ifs.play(run, lower(run), part=Part.OUTLET)


def test_a_run_of_an_earlier_release_keeps_nothing_to_play_on(run: Run) -> None:
    run.summary = {name: value for name, value in run.summary.items() if name != "groups"}
    assert "no table of indicators" in what_ifs.playable_refusal(run)


def test_a_kept_what_if_has_its_figures_and_its_place_in_the_audit(golden_bank: Bank, run: Run) -> None:
    kept = keep(run, golden_bank)
    assert (kept.number, kept.definition.high_from) == (1, 60.0)
    kept.refresh_from_db()
    assert words.figures_of(kept) == what_ifs.play(run, lower(run), part=Part.OUTLET).figures
    assert AuditEvent.objects.filter(action="what_if.kept").count() == 1
    assert keep(run, golden_bank, name="另一个").number == 2


@pytest.mark.parametrize("name", ["", "   "])
def test_a_what_if_without_a_name_is_not_kept(golden_bank: Bank, run: Run, name: str) -> None:
    with pytest.raises(WhatIfRefused, match="name"):
        keep(run, golden_bank, name=name)


def test_no_more_what_ifs_are_kept_than_can_be_compared(
    golden_bank: Bank, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_ifs, "MOST_KEPT", 1)
    keep(run, golden_bank)
    with pytest.raises(WhatIfRefused, match="delete some"):
        keep(run, golden_bank, name="再来一个")


def test_only_who_kept_a_what_if_deletes_it(golden_bank: Bank, run: Run) -> None:
    kept = keep(run, golden_bank)
    with pytest.raises(WhatIfRefused, match="Only who kept"):
        what_ifs.delete_what_if(what_if_id=kept.pk, by=golden_bank.zheng, now=NOW)
    what_ifs.delete_what_if(what_if_id=kept.pk, by=golden_bank.wu, now=NOW)
    assert not WhatIf.objects.exists()


@pytest.mark.requirement("L-42")
def test_a_draft_made_of_a_what_if_has_its_numbers_and_is_in_force_for_nobody(
    golden_bank: Bank, run: Run
) -> None:
    draft = what_ifs.draft_from_what_if(run_id=run.pk, spec=lower(run).to_dict(), by=golden_bank.wu, now=NOW)
    assert (draft.state, draft.definition.high_from) == (SchemeState.DRAFT, 60.0)
    assert draft.number == run.scheme.number + 1
    run.scheme.refresh_from_db()
    assert run.scheme.state == SchemeState.IN_FORCE


def test_a_draft_takes_tried_numbers_over_and_keeps_its_heading(golden_bank: Bank, run: Run) -> None:
    draft = steps.draft(run.scheme.definition, golden_bank)
    taken = what_ifs.take_into_draft(
        scheme_id=draft.pk, version=draft.version, spec=lower(run).to_dict(), by=golden_bank.wu, now=NOW
    )
    assert (taken.definition.high_from, taken.name, taken.reason) == (60.0, draft.name, draft.reason)
    with pytest.raises(schemes.DraftMoved):
        what_ifs.take_into_draft(
            scheme_id=draft.pk,
            version=draft.version,
            spec=lower(run, 61).to_dict(),
            by=golden_bank.wu,
            now=NOW,
        )


def test_side_by_side_shows_only_the_numbers_that_differ(golden_bank: Bank, run: Run) -> None:
    keep(run, golden_bank)
    keep(run, golden_bank, name="65", high_from=65.0)
    heads, columns = words.side_by_side(run, run.what_ifs.order_by("number"))
    lines = dict(zip(heads, zip(*(column.cells for column in columns), strict=True), strict=True))
    assert lines["High from"] == ("70", "60", "65")
    assert "Medium from" not in lines
    assert [column.title for column in columns] == ["As evaluated", "高忠诚从60分起", "65"]


# --- on screen ---------------------------------------------------------------------------------


def address(run: Run, more: str = "") -> str:
    return f"/loyalty/runs/{run.pk}/what-if/{more}"


def entered(page: Any, **changes: Any) -> dict[str, Any]:
    """What the form of a page would send, with some fields filled in otherwise."""
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    return {**sent, **{name.replace("__", "-"): value for name, value in changes.items()}}


@pytest.mark.requirement("L-42")
def test_the_page_shows_what_sliders_would_do_and_keeps_it(
    golden_bank: Bank, run: Run, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.wu)
    page = client.get(address(run))
    assert page.status_code == 200
    assert page.context["is_as_evaluated"]
    played = client.post(address(run), entered(page, high_from="60"), headers={"HX-Request": "true"})
    assert (
        played.context["figures"].by_tier == what_ifs.play(run, lower(run), part=Part.OUTLET).figures.by_tier
    )
    assert b"<html" not in played.content
    kept = client.post(address(run, "keep/"), entered(page, high_from="60", name="降界线"))
    made = WhatIf.objects.get()
    assert kept.headers["Location"] == f"{address(run)}?kept={made.pk}#what-if-kept"
    again = client.get(f"{address(run)}?kept={made.pk}&with={made.pk}")
    assert again.context["form"]["high_from"].value() == "60"
    assert again.context["compared"]["columns"][1].title == "降界线"


def test_weights_of_95_percent_show_the_sum_and_leave_the_last_figures(
    golden_bank: Bank, run: Run, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.wu)
    page = client.get(address(run))
    first = next(name for name in page.context["form"].fields if name.startswith("w-"))
    sent = entered(page)
    sent[first] = float(sent[first]) - 5
    answer = client.post(address(run), sent, headers={"HX-Request": "true"})
    assert answer.headers["HX-Retarget"] == "#what-if-problems"
    assert "95%" in answer.content.decode()
    whole = client.post(address(run), sent)
    assert "95%" in whole.content.decode()
    assert "figures" not in whole.context


@pytest.mark.parametrize("value", ["", "x", "-1", "101", "NaN", "1e9"])
def test_a_threshold_that_is_no_number_is_refused_beside_what_was_typed(
    golden_bank: Bank, run: Run, value: str, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.wu)
    answer = client.post(address(run), entered(client.get(address(run)), high_from=value))
    assert answer.status_code == 422
    assert "high_from" in answer.context["form"].errors


def test_a_draft_is_opened_with_its_numbers_and_takes_the_new_ones(
    golden_bank: Bank, run: Run, client_of: ClientOf
) -> None:
    draft = steps.draft(lower(run, 66.0), golden_bank)
    client = client_of(golden_bank.wu)
    page = client.get(address(run, f"?draft={draft.pk}"))
    assert page.context["form"]["high_from"].value() == "66"
    sent = entered(page, high_from="64", version=draft.version)
    answer = client.post(address(run, f"draft/?draft={draft.pk}"), sent)
    assert answer.headers["Location"] == f"/loyalty/schemes/{draft.pk}/"
    draft = type(draft).objects.get(pk=draft.pk)
    assert draft.definition.high_from == 64.0
    stale = client.post(address(run, f"draft/?draft={draft.pk}"), {**sent, "high_from": "63"})
    assert stale.status_code == 200
    assert "Somebody else changed this draft" in stale.content.decode()


def test_a_draft_that_reads_the_facts_otherwise_is_sent_to_its_trial(
    golden_bank: Bank, run: Run, client_of: ClientOf
) -> None:
    draft = steps.draft(replace(run.scheme.definition, window_months=24), golden_bank)
    page = client_of(golden_bank.wu).get(address(run, f"?draft={draft.pk}"))
    assert page.context["obstacles"] == ["Window (months)"]
    assert f"/loyalty/schemes/{draft.pk}/" in page.content.decode()


@pytest.mark.parametrize("query", ["?draft=0", "?draft=x", "?kept=99", "?kept=", "?draft=²"])
def test_an_address_that_names_nothing_is_no_page(
    golden_bank: Bank, run: Run, query: str, client_of: ClientOf
) -> None:
    assert client_of(golden_bank.wu).get(address(run, query)).status_code == 404


def test_a_manager_of_accounts_plays_no_what_if(golden_bank: Bank, run: Run, client_of: ClientOf) -> None:
    client = client_of(golden_bank.chen)
    assert client.get(address(run)).status_code == 403
    assert client.post(address(run, "keep/"), {"name": "x"}).status_code == 403


@pytest.mark.requirement("L-38")
def test_weights_come_from_comparisons_in_pairs_once_they_are_consistent(
    golden_bank: Bank, run: Run, client_of: ClientOf
) -> None:
    client = client_of(golden_bank.wu)
    page = client.get(address(run))
    comparison = page.context["comparison"]
    weight_set = run.scheme.definition.default_weight_set
    pairs = {field.html_name: "1" for field in comparison.pairs}
    sent = entered(page, compared_set=weight_set) | pairs
    answer = client.post(address(run, "weigh/"), sent)
    codes = comparison.codes
    expected = f"{100 / len(codes):g}"
    assert {answer.context["form"][f"w-{weight_set}-{code}"].value() for code in codes} == {expected}
    first, second, third = codes[:3]
    sent |= {f"c-{first}-{second}": "9", f"c-{second}-{third}": "9", f"c-{first}-{third}": "1/9"}
    refused = client.post(address(run, "weigh/"), sent)
    assert not refused.context["weighed"].is_usable
    assert refused.context["form"][f"w-{weight_set}-{first}"].value() == str(sent[f"w-{weight_set}-{first}"])


def test_entropy_is_shown_and_leaves_the_sliders(golden_bank: Bank, run: Run, client_of: ClientOf) -> None:
    client = client_of(golden_bank.wu)
    page = client.get(address(run))
    weight_set = run.scheme.definition.default_weight_set
    pairs = {field.html_name: "1" for field in page.context["comparison"].pairs}
    answer = client.post(address(run, "weigh/"), entered(page, compared_set=weight_set, entropy="1") | pairs)
    assert len(answer.context["weighed"].rows) == len(run.scheme.definition.indicators)
    assert answer.context["is_as_evaluated"]


@pytest.mark.parametrize("value", ["10", "0", "-1", "1/0", "x", ""])
def test_a_comparison_out_of_range_is_refused_in_its_place(
    golden_bank: Bank, run: Run, client_of: ClientOf, value: str
) -> None:
    client = client_of(golden_bank.wu)
    page = client.get(address(run))
    pairs = {field.html_name: "1" for field in page.context["comparison"].pairs}
    name = next(iter(pairs))
    sent = entered(page, compared_set=run.scheme.definition.default_weight_set) | {**pairs, name: value}
    assert name in client.post(address(run, "weigh/"), sent).context["comparison"].errors


@pytest.mark.parametrize("step", ["keep/", "draft/", "weigh/"])
def test_no_button_plays_on_a_run_that_is_void(
    golden_bank: Bank, run: Run, client_of: ClientOf, step: str
) -> None:
    client = client_of(golden_bank.wu)
    sent = entered(client.get(address(run)), name="作废")
    runs.void_run(run_id=run.pk, reason="重算", by=golden_bank.wu, now=NOW)
    answer = client.post(address(run, step), sent)
    assert "computed and reconciled" in answer.context["refusal"]
    assert not WhatIf.objects.exists()


@pytest.mark.parametrize("step", ["keep/", "weigh/"])
def test_numbers_that_cannot_be_computed_are_said_and_not_kept(
    golden_bank: Bank, run: Run, client_of: ClientOf, step: str
) -> None:
    client = client_of(golden_bank.wu)
    page = client.get(address(run))
    first = next(name for name in page.context["form"].fields if name.startswith("w-"))
    pairs = {field.html_name: "1" for field in page.context["comparison"].pairs}
    more = {"compared_set": run.scheme.definition.default_weight_set, "entropy": "1", "name": "不足"}
    sent = entered(page, **more) | pairs
    sent[first] = float(sent[first]) - 5
    assert "95%" in client.post(address(run, step), sent).content.decode()
    assert not WhatIf.objects.exists()


def test_a_double_click_keeps_once_and_drafts_once(golden_bank: Bank, run: Run, client_of: ClientOf) -> None:
    client = client_of(golden_bank.wu)
    sent = entered(client.get(address(run)), name="一次", high_from="60")
    for step in ("keep/", "draft/"):
        assert [client.post(address(run, step), sent).status_code for _ in range(2)] == [302, 302]
    assert WhatIf.objects.count() == 1
    assert type(run.scheme).objects.filter(state=SchemeState.DRAFT).count() == 1


def test_a_kept_what_if_of_somebody_else_has_no_button_that_deletes(
    golden_bank: Bank, run: Run, client_of: ClientOf
) -> None:
    kept = keep(run, golden_bank)
    assert client_of(golden_bank.zheng).post(f"/loyalty/what-ifs/{kept.pk}/delete/").status_code == 404
    assert client_of(golden_bank.wu).post(f"/loyalty/what-ifs/{kept.pk}/delete/").status_code == 302
