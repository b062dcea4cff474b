"""A list as an Excel workbook: what is on the screen, for a stated reason, and on the record (L-33).

Text stays text, whatever it begins with: every cell is written by its type, so nothing becomes a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, parameters
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.formats import day as day_text
from zhike.core.formats import moment
from zhike.core.papers.workbook import AS_WRITTEN
from zhike.customers.api import Customer
from zhike.desk.queries.customer_list import REACHABLE, ListedCustomers
from zhike.desk.queries.figures import figures_shown
from zhike.staff.models import Staff

TITLE_ROWS = 2
CENTS = 100
SCORE_DIGITS = 1
WIDEST = 40
FORBIDDEN_IN_NAMES = '\\/:*?"<>|\r\n\t'


class ExportRefused(DomainError):
    pass


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the workbook. `kind` is text, amount, number or day; amounts are given in cents."""

    label: str
    kind: str
    value: Callable[[Customer], Any]
    width: int = 14


@dataclass(frozen=True, slots=True)
class Workbook:
    """A finished file."""

    name: str
    content: bytes
    row_count: int


@transaction.atomic
def export_customers(
    *, listed: ListedCustomers, filters: Sequence[tuple[str, str]], reason: str, by: Staff, now: datetime
) -> Workbook:
    """The list as a workbook. Refuses an empty reason and more rows than one may take alone."""
    demand_reason(reason)
    if needs_approval(listed, on=timezone.localdate(now)):
        raise ExportRefused(_("This list is longer than one person may take alone. Ask for it."))
    return write_list(listed=listed, filters=filters, reason=reason, by=by, now=now)


def needs_approval(listed: ListedCustomers, *, on: date) -> bool:
    """Whether a list is longer than `export.approval_rows`."""
    return len(listed) > int(parameters.value("export.approval_rows", on=on))


def demand_reason(reason: str) -> None:
    """Refuse an empty reason."""
    if not reason.strip():
        raise ExportRefused(_("Say what the list is needed for."))


def demand_whole(listed: ListedCustomers) -> None:
    """Refuse a list of which only a part can be reached: a file must not look whole and lack rows."""
    if listed.is_cut:
        raise ExportRefused(
            _("No more than %(limit)s rows leave in one file. Narrow the filters.") % {"limit": REACHABLE - 1}
        )


@transaction.atomic
def write_list(
    *, listed: ListedCustomers, filters: Sequence[tuple[str, str]], reason: str, by: Staff, now: datetime
) -> Workbook:
    """Write the workbook; who took it, why, how many rows and which filters is recorded."""
    demand_whole(listed)
    rows = listed[0 : len(listed)]
    event = audit.record(
        "customer.exported", by=by, at=now, reason=reason.strip(),
        detail={"rows": len(rows), "filters": [label for label, _text in filters]},
    )  # fmt: skip
    content = _write(rows, filters, reason=reason.strip(), by=by, now=now, number=event.pk)
    return Workbook(name=_file_name(by, now), content=content, row_count=len(rows))


def fields(figures: Container[Permission]) -> list[Field]:
    """The columns, as the screen has them. Neither phone nor ID number leaves by a list."""
    loyalty = [
        Field(
            _("Loyalty"), "text", lambda row: _loyalty(row, lambda loyalty: loyalty.get_tier_display()), 12
        ),
        Field(_("Loyalty index"), "number", lambda row: _loyalty(row, _shown_score), 10),
    ]
    assets = [
        Field(
            _("AUM, daily average of the month (CNY)"), "amount", lambda row: _held(row, "average_cents"), 18
        ),
        Field(_("AUM at month end (CNY)"), "amount", lambda row: _held(row, "aum_cents"), 18),
        Field(_("Last month (CNY)"), "amount", lambda row: _held(row, "aum_before_cents"), 18),
    ]
    return [
        Field(_("Customer number"), "text", lambda row: row.customer_no, 18),
        Field(_("Customer"), "text", lambda row: row.name, 24),
        Field(_("Business type"), "text", lambda row: row.get_business_type_display(), 16),
        Field(_("Customer group"), "text", lambda row: row.get_customer_group_display(), 16),
        *(loyalty if Permission.RESULT_READ in figures else ()),
        *(assets if Permission.HOLDING_READ in figures else ()),
        Field(_("Last contact"), "day", lambda row: getattr(row, "contact_on", None), 12),
        Field(_("Outlet"), "text", lambda row: row.outlet.name, 20),
        Field(_("Account manager"), "text", lambda row: row.manager.name if row.manager else "", 14),
        Field(_("Customer since"), "day", lambda row: row.opened_on, 12),
    ]


def _loyalty(row: Customer, read: Callable[[Any], Any]) -> Any:
    return read(row.loyalty) if hasattr(row, "loyalty") else None


def _shown_score(loyalty: Any) -> float | None:
    """The score as the screen shows it: a cell holds no more digits than the bank states."""
    return None if loyalty.score is None else round(loyalty.score, SCORE_DIGITS)


def _held(row: Customer, name: str) -> int | None:
    return getattr(row.holding, name) if hasattr(row, "holding") else None


def _write(
    rows: list[Customer],
    filters: Sequence[tuple[str, str]],
    *,
    reason: str,
    by: Staff,
    now: datetime,
    number: int,
) -> bytes:
    buffer = BytesIO()
    said = _("%(unit)s, %(person)s, %(moment)s") % {
        "unit": by.unit.name, "person": f"{by.name} {by.staff_no}", "moment": moment(now),
    }  # fmt: skip
    with xlsxwriter.Workbook(buffer, AS_WRITTEN) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#EEF1F5", "bottom": 1, "text_wrap": True}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "text": book.add_format({"num_format": "@"}),
            "amount": book.add_format({"num_format": "#,##0.00"}),
            "number": book.add_format({"num_format": "0.0"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            "total": book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"}),
        }
        sheet = book.add_worksheet(_("Customers")[:31])
        columns = fields(figures_shown(by, Permission.CUSTOMER_EXPORT))
        chosen = _("; ").join(f"{label} {text}" for label, text in filters) or _("no filter")
        sheet.write_string(0, 0, _("Customer list"), formats["title"])
        sheet.write_string(1, 0, f"{said}{_('; ')}{chosen}")
        _table(sheet, rows, columns, formats)
        _page(sheet, said, len(rows), len(columns))
        _provenance(book, said, reason=reason, count=len(rows), number=number)
    return buffer.getvalue()


def _table(sheet: Any, rows: list[Customer], columns: list[Field], formats: dict[str, Any]) -> None:
    for place, column in enumerate(columns):
        sheet.write_string(TITLE_ROWS, place, column.label, formats["head"])
        sheet.set_column(place, place, min(column.width, WIDEST))
    for line, row in enumerate(rows, TITLE_ROWS + 1):
        for place, column in enumerate(columns):
            _cell(sheet, line, place, column.kind, column.value(row), formats)
    end = TITLE_ROWS + 1 + len(rows)
    sheet.write_string(end, 0, _("Total"), formats["total"])
    for place, column in enumerate(columns):
        if column.kind == "amount":
            total = sum(column.value(row) or 0 for row in rows)
            sheet.write_number(end, place, total / CENTS, formats["total"])


def _cell(sheet: Any, line: int, place: int, kind: str, value: Any, formats: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if kind == "amount":
        sheet.write_number(line, place, value / CENTS, formats[kind])
    elif kind == "number":
        sheet.write_number(line, place, value, formats[kind])
    elif kind == "day":
        sheet.write_datetime(line, place, _midnight(value), formats[kind])
    else:
        sheet.write_string(line, place, str(value), formats["text"])


def _page(sheet: Any, said: str, count: int, width: int) -> None:
    sheet.freeze_panes(TITLE_ROWS + 1, 2)
    sheet.autofilter(TITLE_ROWS, 0, TITLE_ROWS + count, width - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(TITLE_ROWS)
    sheet.set_footer(f"&L{said.replace('&', '&&')}&R&P/&N")


def _provenance(book: Any, said: str, *, reason: str, count: int, number: int) -> None:
    """The watermark sheet: from whom, for what, and under which number of the audit this file left."""
    sheet = book.add_worksheet(_("Origin of this file")[:31])
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 70)
    lines = [
        (_("Drawn up by"), said),
        (_("Needed for"), reason),
        (_("Rows"), str(count)),
        (_("Number in the audit"), str(number)),
        (_("Handling"), _("Customer data. Do not pass on; delete when the purpose is fulfilled.")),
    ]
    for line, (label, text) in enumerate(lines):
        sheet.write_string(line, 0, label)
        sheet.write_string(line, 1, text)


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day in a cell has no zone


def _file_name(by: Staff, now: datetime) -> str:
    parts = [_("Customer list"), by.unit.name, day_text(timezone.localdate(now)).replace("-", ""), by.name]
    name = "_".join(parts)
    return "".join("_" if sign in FORBIDDEN_IN_NAMES else sign for sign in name) + ".xlsx"
