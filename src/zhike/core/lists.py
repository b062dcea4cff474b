"""List pages: sorting from an allow-list, paging, and addresses that keep everything else as it is.

The address is the state: filters, sort, page and size stand in the query string, so a list can be saved,
mailed and drilled into. What is not on the allow-list is ignored, never passed to the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.utils.functional import Promise

from zhike.core.numbers import whole_number

SIZES = (20, 50, 100)
SORT, PAGE, SIZE = "sort", "page", "size"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `sort` lists the fields it orders by; without it the head is no link."""

    key: str
    label: str | Promise
    sort: tuple[str, ...] = ()
    number: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head as the page shows it."""

    label: str
    number: bool
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of the address, with the address that takes it off. `is_in_force` is not one that nobody understands."""

    label: str
    text: str
    url: str
    is_in_force: bool = True


class ListPage:
    """One page of rows in an allowed order.

    `default` names a column key, with a leading '-' for descending. Ties are broken by `tie`, so that no
    row appears twice or never. `total` spares the count when the caller knows it.
    """

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet[Any] | Sequence[Any],
        *,
        columns: Sequence[Column] = (),
        default: str = "",
        tie: str = "pk",
        total: int | None = None,
    ) -> None:
        self.request = request
        self.columns = columns
        self._rows = rows
        self._default = default
        self._tie = tie
        self._known_total = total

    @cached_property
    def sort(self) -> str:
        """The key in force, '-' before it when descending."""
        asked = self.request.GET.get(SORT, "")
        allowed = {column.key for column in self.columns if column.sort}
        return asked if asked.removeprefix("-") in allowed else self._default

    @cached_property
    def size(self) -> int:
        """Rows on a page."""
        asked = whole_number(self.request.GET.get(SIZE, ""))
        return asked if asked in SIZES else SIZES[0]

    @cached_property
    def page(self) -> Page[Any]:
        """The rows of this page; a page beyond the end is the last one."""
        rows = self._rows
        if isinstance(rows, QuerySet) and (order := self._order()):
            rows = rows.order_by(*order, self._tie)
        paginator = Paginator(rows, self.size)
        if self._known_total is not None:
            paginator.count = self._known_total
        return paginator.get_page(self.request.GET.get(PAGE))

    @property
    def total(self) -> int:
        """Rows in the whole result."""
        return self.page.paginator.count

    @property
    def heads(self) -> list[Head]:
        """The heads of the table, sortable ones with their link."""
        return [self._head(column) for column in self.columns]

    @property
    def unread(self) -> list[Chip]:
        """What the address asks for and a list without filters does not understand, each with the way to leave it
        out: names it does not know, and an order that no column gives."""
        given = {name: str(text) for name, text in self.request.GET.items() if name not in {SORT, PAGE, SIZE}}
        if (order := self.request.GET.get(SORT, "")) not in {"", self.sort}:
            given[SORT] = order
        return [Chip(name, text, self.without(name), is_in_force=False) for name, text in given.items()]

    @property
    def carried(self) -> dict[str, str]:
        """What a filter form must carry along: the order and the size."""
        return {name: self.request.GET[name] for name in (SORT, SIZE) if name in self.request.GET}

    @property
    def numbers(self) -> Iterator[int | str]:
        """The page numbers to show, with an ellipsis where some are left out."""
        return self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes offered."""
        return SIZES

    @property
    def ellipsis(self) -> str:
        """What stands for left-out page numbers."""
        return str(Paginator.ELLIPSIS)

    def address(self, **changes: str | int | None) -> str:
        """This page's query string with some values changed; None takes a value away."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = str(value)
        return f"?{query.urlencode()}" if query else self.request.path

    def without(self, name: str) -> str:
        """The address without one filter, from the first page."""
        return self.address(**{name: None, PAGE: None})

    def _order(self) -> list[str]:
        key = self.sort.removeprefix("-")
        down = self.sort.startswith("-")
        fields = next((column.sort for column in self.columns if column.key == key), ())
        return [_reversed(field) if down else field for field in fields]

    def _head(self, column: Column) -> Head:
        direction = ""
        if self.sort.removeprefix("-") == column.key:
            direction = "descending" if self.sort.startswith("-") else "ascending"
        url = ""
        if column.sort:
            first = f"-{column.key}" if column.number else column.key
            other = column.key if column.number else f"-{column.key}"
            url = self.address(**{SORT: other if self.sort == first else first, PAGE: None})
        return Head(label=str(column.label), number=column.number, url=url, direction=direction)


def chips(list_page: ListPage, form: Form) -> list[Chip]:
    """The filters in force, each with the address that takes it off."""
    return [chip for chip in _chips(list_page, form) if chip.is_in_force]


def misread(list_page: ListPage, form: Form) -> list[Chip]:
    """What the address asks for and the form did not understand: it filters nothing, and the page must say so."""
    return [chip for chip in _chips(list_page, form) if not chip.is_in_force]


def understood(form: Form) -> dict[str, Any]:
    """What the form understood, field by field: one that is wrong takes none of the others out of force."""
    form.is_valid()
    return form.cleaned_data if form.is_bound else {}


def _chips(list_page: ListPage, form: Form) -> Iterator[Chip]:
    for name in form.fields:
        bound = form[name]
        raw = bound.value()
        if raw in (None, "", [], False) or not str(raw).strip():
            continue
        choices = {str(key): text for key, text in getattr(bound.field, "choices", [])}
        text = str(choices.get(str(raw), raw))
        yield Chip(str(bound.label), text, list_page.without(bound.html_name), name not in form.errors)


def _reversed(field: str) -> str:
    return field.removeprefix("-") if field.startswith("-") else f"-{field}"
