"""Saving filters of the customer list under a name, and what its owner does with them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.desk.enums import ViewStep
from zhike.desk.models import VIEW_NAME, SavedView
from zhike.staff.models import Staff

MOST_VIEWS = 20
"""Views of one person: more would be found by nobody, and each is counted when they are listed."""
SHARES = Permission.PORTFOLIO_ASSIGN
"""Who leads a unit hands out its customers, and what is looked at together."""


class ViewRefused(DomainError):
    pass


@transaction.atomic
def save_view(*, name: str, query: str, by: Staff, now: datetime) -> SavedView:
    """Keep an address under a name. Refuses a name that is taken, no filters, and more than `MOST_VIEWS`."""
    Staff.objects.select_for_update().get(pk=by.pk)
    if not query:
        raise ViewRefused(_("Choose filters or an order first; then they can be saved."))
    if SavedView.objects.filter(owner=by).count() >= MOST_VIEWS:
        raise ViewRefused(_("You have %(count)s views. Delete one first.") % {"count": MOST_VIEWS})
    view = SavedView(name=_free_name(name, by), query=query, owner=by, made_at=now)
    with audit.change(view, "view.saved", by=by, at=now):
        view.save()
    return view


@transaction.atomic
def change_view(*, view_id: int, step: ViewStep, name: str, by: Staff, now: datetime) -> None:
    """Take one step with an own view. Refuses a taken name, and sharing by who leads no unit."""
    Staff.objects.select_for_update().get(pk=by.pk)
    view = SavedView.objects.select_for_update().get(pk=view_id, owner=by)
    if step == ViewStep.DELETE:
        audit.record("view.deleted", by=by, at=now, row=view)
        view.delete()
        return
    if step == ViewStep.DEFAULT:
        _no_default(by, now)
    with audit.change(view, "view.changed", by=by, at=now):
        if step == ViewStep.RENAME and name.strip() != view.name:
            view.name = _free_name(name, by)
        elif step in {ViewStep.DEFAULT, ViewStep.NO_DEFAULT}:
            view.is_default = step == ViewStep.DEFAULT
        elif step in {ViewStep.SHARE, ViewStep.UNSHARE}:
            view.unit_id = _sharing_unit(by) if step == ViewStep.SHARE else None
        view.save()


def _no_default(by: Staff, now: datetime) -> None:
    for other in SavedView.objects.filter(owner=by, is_default=True):
        with audit.change(other, "view.changed", by=by, at=now):
            other.is_default = False
            other.save()


def _free_name(name: str, by: Staff) -> str:
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > VIEW_NAME:
        raise ViewRefused(_("Give the view a name of no more than %(count)s signs.") % {"count": VIEW_NAME})
    if SavedView.objects.filter(owner=by, name=wanted).exists():
        raise ViewRefused(_("You have a view of this name already."))
    return wanted


def _sharing_unit(by: Staff) -> int:
    if not by.may(SHARES) or by.unit_id is None:
        raise ViewRefused(_("Whoever leads a unit may share a view in it."))
    return by.unit_id
