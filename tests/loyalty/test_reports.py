"""The report of an evaluation: its figures are those of the screen, for the same reader, in every file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from tests.cast import Bank
from tests.core import papers
from tests.factories.people import person
from tests.loyalty import seeded, steps

from zhike.core.models import AuditEvent
from zhike.core.papers.paper import UNSHOWN, Kind, Paper, Table, in_words
from zhike.core.papers.pdf import pdf_of
from zhike.core.papers.word import document_of
from zhike.core.papers.workbook import workbook_of
from zhike.loyalty.enums import ReportFormat, RunState
from zhike.loyalty.models import Run, RunUnit
from zhike.loyalty.operations.reports import ReportRefused, take_report
from zhike.loyalty.queries.report import report_of
from zhike.loyalty.queries.run_figures import smallest_cell

pytestmark = pytest.mark.requirement("L-11", "L-39")
ClientOf = Callable[..., Client]
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CAPTIONS = {"Customers by tier", "By outlet", "Customers by score", "Drift of the indicators", "Coverage"}
SAID = {
    "zh-hans": ("忠诚度评估报告", "经办"),
    "zh-hant": ("忠誠度評估報告", "經辦"),
    "en": ("Loyalty evaluation report", "Prepared by"),
}
MOVED = [
    ["HIGH", "HIGH", 3], ["HIGH", "MEDIUM", 1], ["MEDIUM", "HIGH", 2], ["MEDIUM", "MEDIUM", 14], ["MEDIUM", "LOW", 2],
    ["UNRATED", "UNRATED", 3], ["NEW", "LOW", 1], ["MEDIUM", "GONE", 1],
]  # fmt: skip


@pytest.fixture
def world(bank: Bank, lake: Any, loader_here: None) -> seeded.World:
    return seeded.make(bank, lake)


@pytest.fixture
def moved(bank: Bank, world: seeded.World) -> Run:
    """A published evaluation in which every kind of movement has happened."""
    run = Run.objects.get(pk=world.third.pk)
    tiers = ("HIGH", "MEDIUM", "LOW", "UNRATED")
    run.summary |= {
        "migration": MOVED,
        "by_tier": {tier: sum(count for _was, now, count in MOVED if now == tier) for tier in tiers},
    }
    run.save()
    RunUnit.objects.filter(run=run).delete()
    for before, after, count in MOVED:
        RunUnit.objects.create(
            run=run, outlet_id=bank.donghu.pk, tier_before="" if before == "NEW" else before, tier=after,
            customer_count=count, changed_count=count if before != after and after != "GONE" else 0,
        )  # fmt: skip
    return steps.publish(run, bank)


def tables_of(paper: Paper) -> dict[str, Table]:
    return {table.caption: table for part in paper.parts for table in part.tables}


def shown(count: int | None) -> str:
    return "not shown" if count is None else f"{count:,}"


def of_the_screen(context: Any) -> Iterator[tuple[str, list[str]]]:
    """What the page's tables say, by the caption of the paper's table: its rows as they are read."""
    for row in context["tiers"]:
        yield "Customers by tier", [str(row.tier.label), shown(row.count), in_words(row.share, Kind.SHARE)]
    for row in context["outlets"]:
        moves = row.moves
        counts = (
            moves.customer_count, moves.changed_count, moves.upgraded_count, moves.downgraded_count,
            moves.within_count, moves.new_count, moves.lost_count,
        )  # fmt: skip
        yield "By outlet", [row.outlet.name, *map(shown, counts)]
    for band, *counts in context["distribution"].rows:
        yield "Customers by score", [band, *map(str, counts)]
    for row in context["drift"]:
        means = (in_words(row.mean_before, Kind.POINTS), in_words(row.mean, Kind.POINTS))
        yield "Drift of the indicators", [str(row.label), *means]
    for row in context["coverage"]:
        yield "Coverage", [row["name"], shown(row["count"]), in_words(row["share"], Kind.SHARE)]


def in_workbook(paper: Paper) -> Callable[[str, list[str]], bool]:
    kinds = {
        table.caption: [column.kind for column in table.columns]
        for part in paper.parts
        for table in part.tables
    }
    sheets = papers.tables_of_workbook(workbook_of(paper))

    def holds(caption: str, row: list[str]) -> bool:
        rows = [
            [
                in_words(None if cell == "" else cell, kind)
                for cell, kind in zip(each, kinds[caption], strict=False)
            ]
            for each in sheets[caption][1:]
        ]
        return any(each[: len(row)] == row for each in rows)

    return holds


def in_document(paper: Paper) -> Callable[[str, list[str]], bool]:
    tables = papers.tables_of_document(document_of(paper))
    return lambda caption, row: any(each[: len(row)] == row for each in tables[caption][1:])


def in_pdf(paper: Paper) -> Callable[[str, list[str]], bool]:
    text = " ".join(papers.text_of_pdf(pdf_of(paper)).split())
    return lambda caption, row: " ".join(row) in text


def test_every_figure_of_the_screen_stands_in_every_file(bank: Bank, moved: Run, client_of: ClientOf) -> None:
    for staff in (bank.zheng, bank.sun, person("M001", "MARKETING", at=bank.crm, name="许晴")):
        context = client_of(staff).get(reverse("loyalty:run", args=[moved.pk])).context
        expected = list(of_the_screen(context))
        assert {caption for caption, _row in expected} == CAPTIONS
        paper = report_of(moved, staff=staff, number="1", at=NOW)
        for reader_of in (in_workbook, in_document, in_pdf):
            holds = reader_of(paper)
            assert [row for row in expected if not holds(*row)] == []


def test_the_matrix_adds_up_and_what_the_screen_hides_no_file_tells(bank: Bank, moved: Run) -> None:
    found = tables_of(report_of(moved, staff=bank.zheng, number="1", at=NOW))["From tier to tier"]
    assert [row[-1] for row in found.rows] == [4, 19, 0, 3, 1]
    assert found.total is not None
    assert found.total[1:-1] == (5, 15, 3, 3, 1)
    for at in range(1, 6):
        assert sum(row[at] or 0 for row in found.rows) == found.total[at]
    assert all(sum(cell or 0 for cell in row[1:-1]) == row[-1] for row in found.rows)

    marketing = person("M001", "MARKETING", at=bank.crm, name="许晴")
    paper = report_of(moved, staff=marketing, number="1", at=NOW)
    tables, least = tables_of(paper), smallest_cell(marketing, moved)
    assert least
    assert not {"Changed customers by main cause", "Contacted and not contacted"} & set(tables)
    text = papers.text_of_pdf(pdf_of(paper))
    assert "not shown" in text
    assert "rose a tier" not in text
    for caption in CAPTIONS - {"Drift of the indicators"}:
        table = tables[caption]
        for at, column in enumerate(table.columns):
            cells = [row[at] for row in table.rows]
            if column.kind == Kind.COUNT:
                assert not [cell for cell in cells if isinstance(cell, int) and 0 < cell < least], caption
            if column.label in {"Previous period", "This period"} and UNSHOWN in cells:
                assert table.total is not None
                assert table.total[at] is UNSHOWN, caption


def test_the_page_hands_out_each_file_to_who_may_see_it_and_records_it(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client, path = client_of(bank.liang), reverse("loyalty:run_report", args=[world.second.pk])
    page = client.get(reverse("loyalty:run", args=[world.second.pk])).content.decode()
    assert page.count('name="format"') == 3
    starts = {"PDF": b"%PDF", "DOCX": b"PK", "XLSX": b"PK"}
    for form, start in starts.items():
        answer = client.post(path, {"format": form})
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert "总行_" in unquote(answer["Content-Disposition"])
    kept = AuditEvent.objects.filter(action="run.reported").order_by("pk")
    assert [event.detail["format"] for event in kept] == list(starts)
    assert {event.actor_id for event in kept} == {bank.liang.pk}
    said = papers.text_of_document(client.post(path, {"format": "DOCX"}).content)
    assert f"{world.second.period}-1-{kept.latest('pk').pk}" in said

    def answer_of(staff: Any, run: Run, form: str = "PDF") -> int:
        address = reverse("loyalty:run_report", args=[run.pk])
        return client_of(staff).post(address, {"format": form}).status_code

    assert answer_of(bank.outsider, world.second) == 403
    assert answer_of(bank.chen, world.third) == 404  # not yet published
    assert answer_of(bank.zheng, world.third) == 200
    assert answer_of(bank.zheng, world.second, "EXE") == 404

    for language, (title, signer) in SAID.items():
        with translation.override(language):
            file = take_report(run=world.second, form=ReportFormat.PDF, by=bank.zheng, now=NOW)
        assert file.name == f"{title}_客户关系管理部_20261123_郑涛.pdf"
        assert signer in papers.text_of_pdf(file.content)


def test_a_report_says_when_its_evaluation_decides_nothing_and_there_is_none_of_none(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    third = Run.objects.get(pk=world.third.pk)
    assert "not published" in report_of(third, staff=bank.zheng, number="1", at=NOW).notices[0]
    Run.objects.filter(pk=third.pk).update(state=RunState.VOID, voided_at=NOW, void_reason="=1+1 数据有误")
    void = report_of(Run.objects.get(pk=third.pk), staff=bank.zheng, number="1", at=NOW)
    assert void.notices[0] == "This evaluation is void: =1+1 数据有误"
    assert void.notices[0] in papers.text_of_pdf(pdf_of(void))
    assert void.notices[0] in papers.text_of_document(document_of(void))
    assert void.notices[0] in str(papers.tables_of_workbook(workbook_of(void)))

    empty = Run.objects.get(pk=world.first.pk)
    empty.summary = {"customer_count": 0, "by_tier": {}, "bins": [], "migration": []}
    empty.coverage, empty.statements = {}, []
    RunUnit.objects.filter(run=empty).delete()
    paper = report_of(empty, staff=bank.zheng, number="1", at=NOW)
    assert paper.parts[0].sentences[0].startswith("0 customers")
    assert "0 customers" in papers.text_of_pdf(pdf_of(paper))
    assert document_of(paper)
    assert workbook_of(paper)

    Run.objects.filter(pk=third.pk).update(summary={})
    with pytest.raises(ReportRefused):
        take_report(run=Run.objects.get(pk=third.pk), form=ReportFormat.PDF, by=bank.zheng, now=NOW)
    answer = client_of(bank.zheng).post(reverse("loyalty:run_report", args=[third.pk]), {"format": "PDF"})
    assert answer.status_code == 422
    assert "Nothing has been computed yet" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="run.reported").exists()
    page = client_of(bank.zheng).get(reverse("loyalty:run", args=[third.pk])).content.decode()
    assert 'name="format"' not in page
