"""Tasks between units: asked of us, asked by me, answered (L-12, L-20)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.models import Task, TaskState
from zhike.core.operations import tasks as working
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.staff.forms import ReasonForm, ResultForm, TaskForm
from zhike.staff.models import Unit
from zhike.staff.queries import tasks

OVERSEEN = "overseen"
BOXES = {
    "ours": (gettext_lazy("Asked of us"), tasks.asked_of),
    "mine": (gettext_lazy("Asked by me"), tasks.asked_by),
    OVERSEEN: (gettext_lazy("Escalated"), tasks.escalated_to),
    "closed": (gettext_lazy("Closed"), tasks.closed_for),
}
COLUMNS = [
    Column("title", gettext_lazy("Task")),
    Column("unit", gettext_lazy("Asked of")),
    Column("by", gettext_lazy("Asked by")),
    Column("due", gettext_lazy("Due"), sort=("due_on",)),
    Column("state", gettext_lazy("State")),
]


def open_count(request: HttpRequest) -> int:
    """For the navigation: how many tasks wait for this person and their units, or were escalated to them."""
    mine, overseen = tasks.asked_of(request.user), tasks.escalated_to(request.user)
    return (mine | overseen).count() if request.user.may(Permission.TASK_OVERSEE) else mine.count()


@requires(Permission.WORK_OPEN)
def task_list(request: HttpRequest, box: str = "ours") -> HttpResponse:
    return _list(request, box)


@requires(Permission.TASK_OVERSEE)
def overseen(request: HttpRequest) -> HttpResponse:
    """Overdue tasks of the units one answers for (L-12)."""
    return _list(request, OVERSEEN)


def _list(request: HttpRequest, box: str) -> HttpResponse:
    _label, rows = BOXES[box]
    list_page = ListPage(
        request, rows(request.user), columns=COLUMNS, default="-due" if box == "closed" else "due"
    )
    tabs = [
        {"label": name, "url": reverse(f"staff:tasks_{key}"), "is_current": key == box, "count": None}
        for key, (name, _rows) in BOXES.items()
        if key != OVERSEEN or request.user.may(Permission.TASK_OVERSEE)
    ]
    shown = list(list_page.page)
    names = tasks.unit_names(shown)
    context = {
        "box": box,
        "list": list_page,
        "tabs": tabs,
        "rows": [(task, names.get(task.unit_id, ""), _tone(task)) for task in shown],
        "may_ask": request.user.may(Permission.TASK_CREATE),
    }
    return answer(request, "staff/tasks.html", context)


@requires(Permission.TASK_CREATE)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    form = TaskForm(request.POST or None, initial={"unit": request.GET.get("unit")})
    if form.is_valid():
        entered, now = form.cleaned_data, timezone.now()
        asked = partial(
            working.ask_task, title=entered["title"], text=entered["text"], unit_id=entered["unit"].pk,
            owner=entered["owner"], due_on=entered["due_on"], by=request.user, now=now,
        )  # fmt: skip
        try:
            once(asked, sent=request.POST, to=request.path, by=request.user, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Asked of %(unit)s.") % {"unit": entered["unit"]})
            return redirect("staff:tasks_mine")
    return answer(request, "staff/task_ask.html", form=form)


@requires(Permission.WORK_OPEN)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _task(request, pk), None)


@requires(Permission.WORK_OPEN)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    task, form = _task(request, pk), ResultForm(request.POST)
    if form.is_valid():
        try:
            working.close_task(task_id=task.pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Answered: %(title)s") % {"title": task.title_in_words})
            return redirect("staff:tasks")
    return _show(request, task, form)


@requires(Permission.WORK_OPEN)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    task, form = _task(request, pk), ReasonForm(request.POST)
    if form.is_valid():
        try:
            working.cancel_task(task_id=task.pk, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Cancelled: %(title)s") % {"title": task.title_in_words})
            return redirect("staff:tasks_mine")
    return _show(request, task, form)


def _task(request: HttpRequest, pk: int) -> Task:
    return get_object_or_404(tasks.visible_to(request.user), pk=pk)


def _show(request: HttpRequest, task: Task, form: Any) -> HttpResponse:
    person = request.user
    is_open = task.state == TaskState.OPEN
    is_ours = task.owner_id == person.pk or (task.owner_id is None and task.unit_id in person.unit_ids())
    is_mine = task.asked_by_id == person.pk
    context = {
        "task": task,
        "tone": _tone(task),
        "unit": Unit.objects.filter(pk=task.unit_id).first(),
        "result_form": (form if isinstance(form, ResultForm) else ResultForm())
        if is_open and is_ours
        else None,
        "cancel_form": (form if isinstance(form, ReasonForm) else ReasonForm())
        if is_open and is_mine
        else None,
    }
    return answer(request, "staff/task.html", context, form=form)


def _tone(task: Task) -> str:
    if task.state == TaskState.DONE:
        return "ok"
    if task.state == TaskState.CANCELLED:
        return ""
    return "danger" if task.due_on < timezone.localdate() else "warn"
