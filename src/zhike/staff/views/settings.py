"""One's own settings: language, print, rows, keyboard, password."""

from __future__ import annotations

from typing import Any

from django.conf import settings as product
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import open_to_all, requires
from zhike.core.access.permissions import Permission
from zhike.core.preferences import (
    PRINT_COOKIE,
    RISES_COOKIE,
    SHORTCUTS_COOKIE,
    preferences,
    remember,
)
from zhike.core.returning import own_address
from zhike.core.ui import answer, say
from zhike.staff.forms import PasswordForm, SettingsForm
from zhike.staff.operations import signing_in
from zhike.staff.operations.sessions import end_other_sessions
from zhike.staff.queries.accounts import has_local_door
from zhike.staff.views.signing_in import changed, provider_name


@open_to_all
@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Switch language or print in place; the account keeps it, before signing in the browser does."""
    choices: dict[str, Any] = {}
    if request.POST.get("language") in dict(product.LANGUAGES):
        choices["language"] = request.POST["language"]
    if request.POST.get("print") in {"large", "normal"}:
        choices["large_print"] = request.POST["print"] == "large"
    if choices and request.user.is_authenticated:
        signing_in.change_settings(person=request.user, now=timezone.now(), **choices)
    response = redirect(_back(request))
    _keep(response, choices)
    return response


@requires(Permission.WORK_OPEN)
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """All settings on one page."""
    form = SettingsForm(request.POST or None, initial=_present(request))
    if form.is_valid():
        entered = form.cleaned_data
        own = {name: entered[name] for name in ("language", "large_print", "compact_rows")}
        signing_in.change_settings(person=request.user, now=timezone.now(), **own)
        with translation.override(entered["language"]):
            say(request, _("Your settings are kept."))
        response = redirect("staff:settings")
        _keep(response, own)
        _remember(response, SHORTCUTS_COOKIE, "on" if entered["shortcuts"] else "off")
        _remember(response, RISES_COOKIE, entered["rises"])
        return response
    return answer(request, "staff/settings.html", {"has_local_door": has_local_door(request.user)}, form=form)


def kept_elsewhere(request: HttpRequest) -> HttpResponse:
    """The answer to whoever would change a password or an authenticator that opens nothing here."""
    say(
        request,
        _("You sign in with %(provider)s; change there what you sign in by.") % {"provider": provider_name()},
    )
    return redirect("staff:settings")


@requires(Permission.WORK_OPEN)
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password at will. All other sessions of the account end."""
    if not has_local_door(request.user):
        return kept_elsewhere(request)
    form = PasswordForm(request.POST or None)
    if form.is_valid() and changed(form, request.user, now=timezone.now()):
        update_session_auth_hash(request, request.user)
        end_other_sessions(person=request.user, this=request.session.session_key or "", now=timezone.now())
        say(request, _("Your password is changed. Other sessions of yours have ended."))
        return redirect("staff:settings")
    return answer(request, "staff/password.html", form=form)


def _present(request: HttpRequest) -> dict[str, Any]:
    now = preferences(request)
    return {
        "language": translation.get_language(),
        "large_print": now.large_print,
        "compact_rows": now.compact_rows,
        "shortcuts": now.shortcuts,
        "rises": now.rises,
    }


def _keep(response: HttpResponse, choices: dict[str, Any]) -> None:
    if "language" in choices:
        _remember(response, product.LANGUAGE_COOKIE_NAME, choices["language"])
    if "large_print" in choices:
        _remember(response, PRINT_COOKIE, "large" if choices["large_print"] else "normal")


def _remember(response: HttpResponse, name: str, value: str) -> None:
    remember(response, name, value, secure=product.SESSION_COOKIE_SECURE)


def _back(request: HttpRequest) -> str:
    return own_address(request, request.POST.get("next", "")) or "/"
