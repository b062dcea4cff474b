"""The columns of the desk's tables."""

from __future__ import annotations

from collections.abc import Container

from django.utils.translation import gettext as _

from zhike.core.formats import amount_unit
from zhike.core.lists import Column, Head


def customers() -> list[Column]:
    """The customer list. Sorting is offered only where an index can answer."""
    unit = {"unit": amount_unit()}
    return [
        Column("name", _("Customer"), sort=("name_sort",)),
        Column("score", _("Loyalty"), sort=("loyalty__score",)),
        Column("change", _("Since last evaluation"), sort=("loyalty__score_change",), number=True),
        Column("aum", _("AUM (%(unit)s)") % unit, sort=("holding__aum_cents",), number=True),
        Column("month", _("Against last month"), number=True),
        Column("contact", _("Last contact")),
        Column("kept", _("Outlet and account manager")),
        Column("opened", _("Customer since"), sort=("opened_on",)),
    ]


def plain(*labels: str, numbers: Container[int] = ()) -> list[Head]:
    """Heads that do not sort; `numbers` are the places of figures."""
    return [Head(label, place in numbers, "", "") for place, label in enumerate(labels)]
