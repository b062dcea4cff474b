"""Which figures a list may show, sort and filter by: a sort by a figure one may not see would tell it."""

from __future__ import annotations

from zhike.core.access.permissions import Permission
from zhike.staff.models import Staff

FIGURES = (Permission.HOLDING_READ, Permission.RESULT_READ)
"""Assets and loyalty: what stands in a list beside who the customer is has rights of its own (C.3)."""


def figures_shown(staff: Staff, right: Permission) -> frozenset[Permission]:
    """The rights to figures that reach everybody whom `right` reaches.

    A list is of `right`; where a figure may be seen of some of its customers only, it is not in the list.
    """
    roles = staff.reaching(right)
    return frozenset(
        figure for figure in FIGURES if all(figure in held.definition.permissions for held in roles)
    )
