"""The parameter register: every number of a rule, where it comes from, since when, and what changes it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhike.core import labels
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.forms import ParameterForm
from zhike.core.lists import Column, ListPage
from zhike.core.models import Approval, ApprovalState, Parameter
from zhike.core.operations.parameters import KIND, propose_parameter
from zhike.core.proposals import shown_value
from zhike.core.queries import parameters
from zhike.core.ui import answer, say

READERS = (Permission.PARAMETER_READ, Permission.PARAMETER_PROPOSE, Permission.PARAMETER_APPROVE)
COLUMNS = [
    Column("label", gettext_lazy("Parameter")),
    Column("value", gettext_lazy("In force"), number=True),
    Column("unit", gettext_lazy("Measured in")),
    Column("since", gettext_lazy("Since")),
    Column("origin", gettext_lazy("Origin")),
    Column("coming", gettext_lazy("To come")),
]


@requires(*READERS)
def register(request: HttpRequest) -> HttpResponse:
    lines = parameters.register(on=timezone.localdate())
    list_page = ListPage(request, lines, columns=COLUMNS)
    rows = [
        (line, shown_value(line.current.value), shown_value(line.coming.value) if line.coming else "")
        for line in lines
    ]
    return answer(request, "core/parameters.html", {"list": list_page, "rows": rows})


@requires(*READERS)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    return _show(request, code, None)


@requires(Permission.PARAMETER_PROPOSE)
@require_POST
def propose(request: HttpRequest, code: str) -> HttpResponse:
    current = _newest(code)
    form = ParameterForm(request.POST, present=current.value)
    if form.is_valid():
        try:
            propose_parameter(
                parameter_id=current.pk, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Proposed. The compliance department decides."))
            return redirect("core:parameter", code)
    return _show(request, code, form)


def _newest(code: str) -> Parameter:
    rows = parameters.history(code)
    if not rows:
        raise Http404
    return rows[0]


def _show(request: HttpRequest, code: str, form: ParameterForm | None) -> HttpResponse:
    rows = parameters.history(code)
    if not rows:
        raise Http404
    today = timezone.localdate()
    if form is None and request.user.may(Permission.PARAMETER_PROPOSE):
        first = {"value": shown_value(rows[0].value), "valid_from": today}
        form = ParameterForm(initial=first, present=rows[0].value)
    waiting = Approval.objects.filter(
        kind=KIND, state=ApprovalState.PENDING, subject_id__in=[row.pk for row in rows]
    ).first()
    in_force = next((row for row in rows if parameters.is_in_force(row, on=today)), None)
    context = {
        "code": code,
        "label": labels.label(labels.Register.PARAMETER, code),
        "unit": labels.label(labels.Register.UNIT, rows[0].unit),
        "in_force": in_force,
        "rows": [(row, shown_value(row.value), row == in_force) for row in rows],
        "waiting": waiting,
    }
    return answer(request, "core/parameter.html", context, form=form)
