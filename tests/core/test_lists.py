from __future__ import annotations

import pytest
from django import forms
from django.test import RequestFactory

from zhike.core.lists import Column, ListPage, chips, misread, understood
from zhike.core.models import WorkDay

COLUMNS = [
    Column("day", "Day", sort=("day",)),
    Column("works", "Works", sort=("is_working", "-day"), number=True),
    Column("name", "Name"),
]


def listing(query: str, **options: object) -> ListPage:
    request = RequestFactory().get(f"/somewhere/?{query}")
    return ListPage(request, WorkDay.objects.all(), columns=COLUMNS, default="day", tie="day", **options)


@pytest.mark.parametrize("asked", ["name", "password", "-", "is_working; drop", "works__x"])
def test_sorting_by_what_is_not_offered_falls_back(asked: str) -> None:
    assert listing(f"sort={asked}").sort == "day"


def test_descending_turns_every_field_round(db: None) -> None:
    ordered = listing("sort=-works").page.object_list
    assert ordered.query.order_by == ("-is_working", "day", "day")


@pytest.mark.parametrize(("asked", "given"), [("50", 50), ("7", 20), ("1000000", 20), ("x", 20), ("", 20)])
def test_the_size_of_a_page_is_one_of_those_offered(asked: str, given: int) -> None:
    assert listing(f"size={asked}").size == given


def test_a_page_beyond_the_end_is_the_last(db: None) -> None:
    page = listing("page=999999").page
    assert page.number == page.paginator.num_pages


def test_an_address_keeps_the_other_filters() -> None:
    assert listing("q=%E6%B2%88&page=3").address(page=4, sort=None) == "?q=%E6%B2%88&page=4"


def test_a_number_column_sorts_downwards_first() -> None:
    heads = {head.label: head for head in listing("").heads}
    assert (heads["Works"].url, heads["Day"].direction, heads["Name"].url) == (
        "?sort=-works",
        "ascending",
        "",
    )


def test_a_known_total_spares_the_count(db: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):
        assert len(list(listing("", total=40).page)) == 20


class Filter(forms.Form):
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("A", "Alpha")])
    since = forms.DateField(label="Since", required=False)
    name = forms.CharField(label="Name", required=False, max_length=5, strip=False)


@pytest.mark.parametrize(
    ("query", "in_force", "left_out"),
    [
        ("kind=A&since=2026-02-28&name=abc", ["Kind Alpha", "Since 2026-02-28", "Name abc"], []),
        ("kind=B", [], ["Kind B"]),
        ("kind=A&since=2026-02-30", ["Kind Alpha"], ["Since 2026-02-30"]),
        ("name=abcdef", [], ["Name abcdef"]),
        ("name=%20%20", [], []),
        ("", [], []),
    ],
)
def test_a_filter_that_was_not_understood_is_never_shown_as_in_force(
    query: str, in_force: list[str], left_out: list[str]
) -> None:
    page = listing(query)
    form = Filter(page.request.GET)
    assert [f"{chip.label} {chip.text}" for chip in chips(page, form)] == in_force
    assert [f"{chip.label} {chip.text}" for chip in misread(page, form)] == left_out


def test_a_wrong_filter_takes_none_of_the_others_out_of_force() -> None:
    form = Filter(listing("kind=A&since=never").request.GET)
    assert understood(form) == {"kind": "A", "name": ""}
    assert understood(Filter()) == {}
