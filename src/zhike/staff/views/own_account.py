"""One's own account: open sessions, and another authenticator."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.ui import answer, say
from zhike.staff.forms import SecondFactorForm
from zhike.staff.middleware import CONFIRMED
from zhike.staff.operations import sessions as ending
from zhike.staff.operations import signing_in
from zhike.staff.queries import sessions
from zhike.staff.queries.accounts import has_local_door
from zhike.staff.views.settings import kept_elsewhere
from zhike.staff.views.signing_in import SECRET, enrolment


@requires(Permission.WORK_OPEN)
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in."""
    return _show(request)


@requires(Permission.WORK_OPEN)
@require_POST
def end_session(request: HttpRequest, mark: str) -> HttpResponse:
    """End one of one's other sessions."""
    try:
        ending.end_own_session(person=request.user, mark=mark, this=_this(request), now=timezone.now())
    except DomainError as refusal:
        return _show(request, str(refusal))
    say(request, _("The session has ended."))
    return redirect("staff:sessions")


@requires(Permission.WORK_OPEN)
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    count = ending.end_other_sessions(person=request.user, this=_this(request), now=timezone.now())
    text = ngettext("%(count)s other session has ended.", "%(count)s other sessions have ended.", count)
    say(request, text % {"count": count})
    return redirect("staff:sessions")


@requires(Permission.WORK_OPEN)
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator, or another one in the place of the present. All other sessions end."""
    person, now = request.user, timezone.now()
    if not has_local_door(person):
        return kept_elsewhere(request)
    replaces = bool(person.second_factor)
    secret = request.session.setdefault(SECRET, signing_in.new_secret())
    form = SecondFactorForm(request.POST if request.method == "POST" else None, replaces=replaces)
    if form.is_valid():
        entered = {"present_code": "", **form.cleaned_data}
        try:
            signing_in.replace_second_factor(person=person, secret=secret, now=now, **entered)
        except signing_in.SignInRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            del request.session[SECRET]
            request.session[CONFIRMED] = now.timestamp()
            ending.end_other_sessions(person=person, this=_this(request), now=now)
            say(request, _("Your second factor is set up. Other sessions of yours have ended."))
            return redirect("staff:settings")
    context = {"replaces": replaces, **enrolment(person, secret)}
    return answer(request, "staff/own_second_factor.html", context, form=form)


def _show(request: HttpRequest, refusal: str = "") -> HttpResponse:
    rows = sessions.open_sessions(request.user, this=_this(request), now=timezone.now())
    context = {"sessions": rows, "has_others": any(not row.is_this for row in rows), "refusal": refusal}
    response = answer(request, "staff/own_sessions.html", context)
    response.status_code = 422 if refusal else 200
    return response


def _this(request: HttpRequest) -> str:
    return request.session.session_key or ""
