"""Saved views of the customer list: with their counts, saved, renamed, shared, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.desk.enums import ViewStep
from zhike.desk.forms import ViewForm, ViewStepForm
from zhike.desk.models import VIEW_NAME, SavedView
from zhike.desk.operations.saved_views import SHARES, change_view, save_view
from zhike.desk.queries.saved_views import kept_query, views_of
from zhike.desk.views.customers import LEFT_OUT, ListAddress, asked
from zhike.staff.models import Staff


@dataclass(frozen=True, slots=True)
class CountedView:
    """A view, how many customers it shows this person, and what it asks for in words."""

    view: SavedView
    url: str
    count: int
    is_cut: bool
    chosen: str
    is_own: bool


@requires(Permission.CUSTOMER_READ)
@require_GET
def view_list(request: HttpRequest) -> HttpResponse:
    """The views with their counts; the list page asks for its chips here, so that counting never holds it up."""
    return _show(request)


@requires(Permission.CUSTOMER_READ)
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list under a name, and go back to them."""
    form, now = ViewForm(request.POST), timezone.now()
    if not form.is_valid():
        form.add_error(
            None, _("Give the view a name of no more than %(count)s signs.") % {"count": VIEW_NAME}
        )
        return _show(request, form)
    query = kept_query(QueryDict(form.cleaned_data["query"]).lists(), LEFT_OUT)
    save = partial(save_view, name=form.cleaned_data["name"], query=query, by=request.user, now=now)
    try:
        once(save, sent=request.POST, to=request.path, by=request.user, now=now)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _show(request, form)
    say(request, _("The view is saved."))
    return redirect(f"{reverse('desk:customers')}?{query}")


@requires(Permission.CUSTOMER_READ)
@require_POST
def view_change(request: HttpRequest, pk: int) -> HttpResponse:
    """One step with an own view; those of others are not found."""
    get_object_or_404(SavedView, pk=pk, owner=request.user)
    form = ViewStepForm(request.POST)
    if not form.is_valid():
        raise Http404
    step = ViewStep(form.cleaned_data["step"])
    try:
        change_view(
            view_id=pk, step=step, name=form.cleaned_data["name"], by=request.user, now=timezone.now()
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _show(request, form)
    say(request, _("The view is deleted.") if step == ViewStep.DELETE else _("The view is changed."))
    return redirect("desk:views")


def _show(request: HttpRequest, form: ViewForm | ViewStepForm | None = None) -> HttpResponse:
    person: Staff = request.user
    context = {
        "counted": [_counted(view, person) for view in views_of(person)],
        "may_share": person.may(SHARES) and person.unit_id is not None,
        "steps": ViewStep,
        "view_query": kept_query(QueryDict(request.GET.get("now", "")).lists(), LEFT_OUT),
    }
    return answer(request, "desk/views.html", context, form=form, fragment="desk/_view_chips.html")


def _counted(view: SavedView, person: Staff) -> CountedView:
    """What a view shows whoever looks: the same filters, the own customers."""
    found = asked(ListAddress(person, QueryDict(view.query)))
    words = _("; ").join(f"{label} {text}" for label, text in found.chosen)
    return CountedView(
        view=view,
        url=f"{reverse('desk:customers')}?{view.query}",
        count=len(found.listed),
        is_cut=found.listed.is_cut,
        chosen=words,
        is_own=view.owner_id == person.pk,
    )
