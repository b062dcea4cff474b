"""People and their roles: who works where, and who holds what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhike.core.access.guard import requires
from zhike.core.access.permissions import ROLES, SCOPE_LABELS, Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage, understood
from zhike.core.models import Approval, ApprovalState
from zhike.core.ui import answer, say
from zhike.staff.forms import PeopleFilter, ReasonForm, RoleForm
from zhike.staff.models import RoleAssignment, Staff
from zhike.staff.operations import people as keeping
from zhike.staff.queries import accounts, people
from zhike.staff.wording import PERMISSION_TEXTS

COLUMNS = [
    Column("name", gettext_lazy("Person"), sort=("name",)),
    Column("staff_no", gettext_lazy("Staff number"), sort=("staff_no",)),
    Column("unit", gettext_lazy("Unit"), sort=("unit__code",)),
    Column("roles", gettext_lazy("Roles and scope")),
    Column("login", gettext_lazy("Last signed in"), sort=("last_login",)),
    Column("state", gettext_lazy("Account")),
]


@requires(Permission.STAFF_READ)
def staff_list(request: HttpRequest) -> HttpResponse:
    form = PeopleFilter(request.GET)
    chosen = understood(form)
    rows = people.people(
        on=timezone.localdate(), text=chosen.get("q", ""), unit=chosen.get("unit"), role=chosen.get("role", ""),
        with_closed=chosen.get("left", False),
    )  # fmt: skip
    rows = accounts.with_state(rows, now=timezone.now())
    context = {
        "list": ListPage(request, rows, columns=COLUMNS, default="staff_no"),
        "filter": form,
        "scopes": SCOPE_LABELS,
    }
    return answer(request, "staff/staff_list.html", context, fragment="staff/_staff_list.html")


@requires(Permission.STAFF_READ)
def units(request: HttpRequest) -> HttpResponse:
    return answer(request, "staff/units.html", {"branches": people.tree()})


@requires(Permission.WORK_OPEN)
def rights(request: HttpRequest) -> HttpResponse:
    """The permission table: every role, every right."""
    rows = [
        (right, PERMISSION_TEXTS[right], [(code, right in role.permissions) for code, role in ROLES.items()])
        for right in Permission
    ]
    roles = [(code, role, SCOPE_LABELS[role.scope]) for code, role in ROLES.items()]
    return answer(request, "staff/rights.html", {"rows": rows, "roles": roles})


@requires(Permission.STAFF_READ)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _person(pk), None)


@requires(Permission.STAFF_CHANGE)
@require_http_methods(["POST"])
def propose_role(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = _person(pk), RoleForm(request.POST)
    if form.is_valid():
        entered = form.cleaned_data
        try:
            keeping.propose_role(
                staff_id=row.pk, role=entered["role"], unit_id=entered["unit"].pk,
                valid_from=entered["valid_from"], reason=entered["reason"], by=request.user, now=timezone.now(),
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Proposed. The security administrator decides."))
            return redirect("staff:person", row.pk)
    return _show(request, row, form)


@requires(Permission.STAFF_CHANGE)
@require_http_methods(["GET", "POST"])
def end_role(request: HttpRequest, pk: int) -> HttpResponse:
    held = get_object_or_404(RoleAssignment.objects.select_related("staff", "unit"), pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            keeping.end_role(assignment_id=held.pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("The role has ended; the next click of this person is without it."))
            return redirect("staff:person", held.staff_id)
    return answer(request, "staff/role_end.html", {"held": held}, form=form)


def _person(pk: int) -> Staff:
    rows = people.people(on=timezone.localdate(), with_closed=True)
    return get_object_or_404(accounts.with_state(rows, now=timezone.now()), pk=pk)


def _show(request: HttpRequest, row: Staff, form: RoleForm | None) -> HttpResponse:
    today = timezone.localdate()
    may_change = request.user.may(Permission.STAFF_CHANGE) and row.is_active
    if form is None and may_change and row.pk != request.user.pk:
        form = RoleForm(initial={"unit": row.unit_id, "valid_from": timezone.localdate()})
    waiting = Approval.objects.filter(
        kind=keeping.KIND, state=ApprovalState.PENDING, subject_type=row._meta.label_lower, subject_id=row.pk
    ).first()
    held = row.roles.select_related("unit").order_by("id")
    context = {
        "person": row,
        "roles": [(held, SCOPE_LABELS[held.definition.scope]) for held in held.not_over(today)],
        "past": held.over(today).order_by("-valid_to", "-id"),
        "waiting": waiting,
        "may_change": may_change,
        "may_keep_account": request.user.may(Permission.ACCOUNT_CHANGE, Permission.ACCOUNT_APPROVE),
        "is_self": row.pk == request.user.pk,
        "now": timezone.now(),
    }
    return answer(request, "staff/person.html", context, form=form)
