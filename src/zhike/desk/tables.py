"""The columns of the desk's tables."""

from __future__ import annotations

from collections.abc import Container

from django.utils.translation import gettext as _

from zhike.core.access.permissions import Permission
from zhike.core.formats import amount_unit
from zhike.core.lists import Column, Head

OF_FIGURES = {
    "score": Permission.RESULT_READ,
    "change": Permission.RESULT_READ,
    "aum": Permission.HOLDING_READ,
    "month": Permission.HOLDING_READ,
}
"""The columns of the customer list that show a figure, each with the right to it."""


def customers(figures: Container[Permission]) -> list[Column]:
    """The customer list with the figures that may be seen. Sorting is offered only where an index can answer."""
    unit = {"unit": amount_unit()}
    columns = [
        Column("name", _("Customer"), sort=("name_sort",)),
        Column("score", _("Loyalty"), sort=("loyalty__score",)),
        Column("change", _("Since last time"), sort=("loyalty__score_change",), number=True),
        Column("aum", _("Average AUM (%(unit)s)") % unit, sort=("holding__average_cents",), number=True),
        Column("month", _("Month-end AUM"), number=True),
        Column("contact", _("Last contact")),
        Column("kept", _("Outlet, manager")),
        Column("opened", _("Customer since"), sort=("opened_on",)),
    ]
    return [column for column in columns if column.key not in OF_FIGURES or OF_FIGURES[column.key] in figures]


def plain(*labels: str, numbers: Container[int] = ()) -> list[Head]:
    """Heads that do not sort; `numbers` are the places of figures."""
    return [Head(label, place in numbers, "", "") for place, label in enumerate(labels)]
