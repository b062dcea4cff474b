from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override

from zhike.core import formats

NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-hans", ("¥1,200,000.00", "4.86亿元", "120.00万元", "2.1个百分点", "2026-11-26", "11月26日")),
        ("zh-hant", ("¥1,200,000.00", "4.86億元", "120.00萬元", "2.1個百分點", "2026-11-26", "11月26日")),
        ("en", ("CNY 1,200,000.00", "CNY486m", "CNY1.20m", "2.1 pp", "26 Nov 2026", "26 Nov")),
    ],
)
def test_each_language_reads_numbers_its_own_way(language: str, expected: tuple[str, ...]) -> None:
    def headline(cents: int) -> str:
        figure = formats.amount_figure(cents)
        return figure.before + figure.number + figure.after

    with override(language):
        shown = (
            formats.amount(120_000_000),
            headline(48_600_000_000),
            headline(120_000_000),
            formats.points(2.1),
            formats.day(date(2026, 11, 26)),
            formats.day_in_words(date(2026, 11, 26)),
        )
    assert shown == expected


def test_nothing_is_not_zero() -> None:
    assert (formats.amount(None), formats.rate(None), formats.day(None)) == ("--", "--", "--")
    with override("zh-hans"):
        assert (formats.amount(0), formats.amount_listed(0), formats.rate(0)) == ("¥0.00", "0.00", "0.00%")


def test_a_loss_has_its_sign_before_the_currency_and_zero_has_none() -> None:
    with override("zh-hans"):
        assert formats.amount(-1_042_075) == "-¥10,420.75"
    assert formats.grouped(-0.001, 2) == "0.00"


def test_the_column_and_its_head_agree() -> None:
    with override("zh-hans"):
        assert (formats.amount_listed(1_284_600_000), formats.amount_unit()) == ("1,284.60", "万元")


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=2), "24 Nov 2026 09:30"),
    ],
)
def test_the_recent_past_is_told_by_its_age(age: timedelta, expected: str) -> None:
    assert formats.ago(NOW - age, NOW) == expected


def test_a_month_reads_as_its_language_writes_it() -> None:
    for language, words in (("zh-hans", "2026-11"), ("zh-hant", "2026-11"), ("en", "Nov 2026")):
        with override(language):
            assert formats.month(date(2026, 11, 1)) == words


def test_a_year_has_four_digits() -> None:
    first = date(1, 3, 31)
    for language, words in (("zh-hans", ("0001-03-31", "0001-03")), ("en", ("31 Mar 0001", "Mar 0001"))):
        with override(language):
            assert (formats.day(first), formats.month(first)) == words


def test_times_are_the_banks_own() -> None:
    assert formats.clock(NOW) == "09:30"


@pytest.mark.parametrize(("seconds", "expected"), [(8, "8 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_durations_use_two_units_at_most(seconds: int, expected: str) -> None:
    assert formats.duration(NOW, NOW + timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (62_160_002, "CNY 622k"),
        (999_999, "CNY 9,999.99"),
        (1_000_000, "CNY 10.0k"),
        (5_184_240_000, "CNY 51.8m"),
    ],
)
def test_an_english_headline_keeps_the_size_of_the_amount(cents: int, words: str) -> None:
    with override("en"):
        figure = formats.amount_figure(cents)
        assert f"{figure.before} {figure.number}{figure.after}" == words


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_total_over_a_file_names_no_currency(language: str) -> None:
    with override(language):
        assert formats.stated(1015941070, "cents") == "10,159,410.70"
        assert formats.stated(-50, "cents") == "-0.50"
        assert formats.stated(49102, "rows") == "49,102"
        assert formats.stated(None, "cents") == formats.NONE
