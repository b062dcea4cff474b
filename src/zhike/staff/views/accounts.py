"""Accounts: who has one, in what state, and what an administrator does about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError, Stale
from zhike.core.lists import Column, ListPage, understood
from zhike.core.ui import answer, say
from zhike.staff.enums import AccountAct, AccountState
from zhike.staff.forms import AccountFilter, AccountForm, BindAccountForm, CloseAccountForm
from zhike.staff.models import Staff
from zhike.staff.operations import accounts as keeping
from zhike.staff.queries import accounts, sessions

COLUMNS = [
    Column("name", gettext_lazy("Person"), sort=("name",)),
    Column("staff_no", gettext_lazy("Staff number"), sort=("staff_no",)),
    Column("unit", gettext_lazy("Unit"), sort=("unit__code",)),
    Column("state", gettext_lazy("Account"), sort=("account_state",)),
    Column("factor", gettext_lazy("Second factor")),
    Column("password", gettext_lazy("Password set"), sort=("password_set_at",)),
    Column("login", gettext_lazy("Last signed in"), sort=("last_login",)),
    Column("sessions", gettext_lazy("Open sessions"), sort=("session_count",), number=True),
]


@dataclass(frozen=True, slots=True)
class Act:
    """How one act is put: what it brings about, what was done, and the operation that does it."""

    icon: str
    effect: Promise
    done: Promise
    perform: Callable[..., Any]
    form: type[AccountForm] = AccountForm
    tone: str = "primary"


ACTS: dict[AccountAct, Act] = {
    AccountAct.OPEN: Act(
        "user-plus",
        gettext_lazy(
            "A first password is made by chance and shown to you once. The person changes it at the first sign-in."
        ),
        gettext_lazy("The account of %(name)s is open."),
        keeping.open_account,
    ),
    AccountAct.UNLOCK: Act(
        "lock-open",
        gettext_lazy("The person can sign in again at once, with the present password."),
        gettext_lazy("The account of %(name)s is unlocked."),
        keeping.unlock_account,
    ),
    AccountAct.PASSWORD: Act(
        "key",
        gettext_lazy(
            "The present password ends, and every open session with it. A first password is made by chance and "
            "shown to you once."
        ),
        gettext_lazy("%(name)s has a first password."),
        keeping.reset_password,
        tone="danger",
    ),
    AccountAct.SECOND_FACTOR: Act(
        "shield-lock",
        gettext_lazy(
            "The security administrator decides. Once approved, every session of the person ends and the second "
            "factor is set up anew at the next sign-in."
        ),
        gettext_lazy("Proposed. The security administrator decides."),
        keeping.propose_second_factor_reset,
    ),
    AccountAct.BIND: Act(
        "user-check",
        gettext_lazy(
            "The security administrator decides. Once approved, whoever signs in at the bank's sign-in service with "
            "this identifier is in this account."
        ),
        gettext_lazy("Proposed. The security administrator decides."),
        keeping.propose_binding,
        BindAccountForm,
    ),
    AccountAct.UNBIND: Act(
        "x",
        gettext_lazy(
            "Every open session ends, and the sign-in service opens this account no more by its identifier."
        ),
        gettext_lazy("The account of %(name)s is bound to nobody there."),
        keeping.end_binding,
        tone="danger",
    ),
    AccountAct.SESSIONS: Act(
        "logout",
        gettext_lazy("Everything this person has open ends with the next click. Unsaved entries are lost."),
        gettext_lazy("All sessions of %(name)s have ended."),
        keeping.end_sessions,
        tone="danger",
    ),
    AccountAct.CLOSE: Act(
        "lock",
        gettext_lazy("Open sessions end with the next click. Hand over the portfolio first."),
        gettext_lazy("The account of %(name)s is closed."),
        keeping.close_account,
        CloseAccountForm,
        tone="danger",
    ),
    AccountAct.REOPEN: Act(
        "rotate-clockwise",
        gettext_lazy(
            "A first password is made by chance and shown to you once. Who had left comes back without roles; who "
            "was only away keeps them. A second factor is set up anew."
        ),
        gettext_lazy("The account of %(name)s is open again."),
        keeping.reopen_account,
    ),
}


@requires(Permission.ACCOUNT_CHANGE, Permission.ACCOUNT_APPROVE)
def account_list(request: HttpRequest) -> HttpResponse:
    form = AccountFilter(request.GET)
    chosen = understood(form)
    rows = accounts.accounts(
        text=chosen.get("q", ""), unit=chosen.get("unit"), state=chosen.get("state", ""),
        second_factor=chosen.get("second_factor", ""), now=timezone.now(),
    )  # fmt: skip
    context = {"list": ListPage(request, rows, columns=COLUMNS, default="staff_no"), "filter": form}
    return answer(request, "staff/accounts.html", context, fragment="staff/_accounts.html")


@requires(Permission.ACCOUNT_CHANGE, Permission.ACCOUNT_APPROVE)
def account(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    person = _account(pk, now=now)
    may_change = request.user.may(Permission.ACCOUNT_CHANGE)
    waiting = accounts.waiting(person)
    offered = _offered(person, by=request.user) if may_change else []
    context = {
        "person": person,
        "sessions": sessions.open_sessions(person, now=now),
        "acts": [(one, ACTS[one]) for one in offered if one not in waiting],
        "may_change": may_change,
        "is_self": person.pk == request.user.pk,
        "waiting": [(one.label, approval) for one, approval in waiting.items()],
    }
    return answer(request, "staff/account.html", context)


@requires(Permission.ACCOUNT_CHANGE)
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Say what an act brings about, ask for the reason, and do it."""
    now, which = timezone.now(), AccountAct(code)
    person, wanted = _account(pk, now=now), ACTS[which]
    sent = request.POST if request.method == "POST" else None
    form = wanted.form(sent, initial={"version": person.version})
    if form.is_valid():
        try:
            done = wanted.perform(staff_id=person.pk, by=request.user, now=now, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            if isinstance(refusal, Stale):  # the entries stay; what was seen is now the present state
                form.data = {**form.data.dict(), "version": person.version}
        else:
            return _done(request, wanted, person, done)
    elif sent is None and which not in _offered(person, by=request.user):
        return redirect("staff:account", person.pk)
    context = {"person": person, "act": which, "wanted": wanted, "may_change": True}
    return answer(request, "staff/account_act.html", context, form=form)


def _done(request: HttpRequest, wanted: Act, person: Staff, done: Any) -> HttpResponse:
    text = str(wanted.done) % {"name": person.name}
    if isinstance(done, keeping.FirstPassword):
        # Shown in the answer itself: a redirect would have to keep the password somewhere until then.
        hours = parameters.value("auth.first_password_hours", on=timezone.localdate())
        context = {"person": person, "text": text, "password": done.password, "hours": hours}
        return answer(request, "staff/first_password.html", context)
    say(request, text)
    return redirect("staff:account", person.pk)


def _account(pk: int, *, now: datetime) -> Staff:
    return get_object_or_404(accounts.accounts(now=now), pk=pk)


def _offered(person: Staff, *, by: Staff) -> list[AccountAct]:
    """The acts the page offers: on the own account only the one that somebody else decides."""
    state = AccountState(person.account_state)  # type: ignore[attr-defined] - annotated
    found = accounts.possible_acts(person, state=state)
    return [one for one in found if one == AccountAct.SECOND_FACTOR] if person.pk == by.pk else found
