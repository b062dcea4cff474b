"""What a run rests on as rows: coverage of its indicators, and its reconciliation with the facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from zhike.core import formats
from zhike.loyalty.queries.sentences import feed_label, indicator_label

POINT_DIGITS = 9
"""Digits of a gap in points that is not to be: the rule allows a billionth."""


def coverage_rows(coverage: dict[str, Any], *, least: int = 0) -> list[dict[str, Any]]:
    """The coverage of a trial or run as rows: name, customers who have it, share, feeds that are absent.

    Where fewer than `least` have it, or all but so few, neither count nor share is shown.
    """
    total = coverage.get("customer_count") or 0
    found = []
    for each in coverage.get("indicators", []):
        count = each["observed_count"]
        is_small = 0 < count < least or 0 < total - count < least
        found.append(
            {
                "name": indicator_label(each["code"]),
                "count": None if is_small else count,
                "share": count / total if total and not is_small else None,
                "absent": [feed_label(feed) for feed in each["absent_feeds"]],
            }
        )
    return found


def statement_rows(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reconciliation in words: what was compared in which unit, both figures, the difference.

    `figures` are expected, found and difference as numbers of `measure`, amounts in yuan.
    """
    return [
        {
            "what": _what(each["code"], each["table"]),
            "unit": _unit(each["unit"], each["table"]),
            "expected": _figure(each["unit"], each["expected"]),
            "found": _found(each),
            "difference": _difference(each),
            "is_ok": each["is_ok"],
            "measure": each["unit"],
            "figures": _figures(each),
        }
        for each in statements
        if each["expected"] or each["found"] or not each["is_ok"] or each["unit"] == "POINTS"
    ]


def _what(code: str, table: str) -> str:
    words = {
        "FACTS": _("Read against loaded: %(table)s"),
        "EVERY_CUSTOMER": _("Every customer has a result"),
        "ONCE_EACH": _("Every customer only once"),
        "CONTRIBUTIONS": _("Contributions sum to the index"),
        "WEIGHTS": _("Weights sum to 100 %%"),
        "STORED": _("Stored against computed"),
    }
    return words[code] % {"table": feed_label(table)}


def _unit(unit: str, table: str) -> str:
    if unit == "CENTS":
        return _("amount, yuan")
    if unit == "POINTS":
        return _("largest gap, points")
    return _("customers") if table in {"customers", "results"} else _("entries")


def _figure(unit: str, value: float) -> str:
    if unit == "CENTS":
        return formats.grouped(Decimal(value) / 100, 2)
    return formats.grouped(value) if unit == "ROWS" or not value else formats.grouped(value, POINT_DIGITS)


def _found(each: dict[str, Any]) -> str:
    """What was found; a gap far below what an index is shown with is a matter of the computer's rounding."""
    if each["unit"] == "POINTS" and each["is_ok"]:
        return _figure(each["unit"], 0)
    return _figure(each["unit"], each["found"])


def _figures(each: dict[str, Any]) -> tuple[float, float, float]:
    expected, found = each["expected"], each["found"]
    if each["unit"] == "POINTS" and each["is_ok"]:
        found = 0
    difference = 0 if each["is_ok"] else found - expected
    return (
        (expected / 100, found / 100, difference / 100)
        if each["unit"] == "CENTS"
        else (expected, found, difference)
    )


def _difference(each: dict[str, Any]) -> str:
    difference = each["found"] - each["expected"]
    if each["is_ok"] or not difference:
        return _("none")
    return _figure(each["unit"], difference)
