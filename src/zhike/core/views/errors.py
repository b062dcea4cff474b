"""Pages that say what went wrong: what happened, when, what to do, and the number to quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core.preferences import Preferences, device_preferences


@dataclass(frozen=True, slots=True)
class Problem:
    """One error page. `advice` lists what the person can do."""

    status: int
    title: str
    happened: str
    advice: list[str]
    offers_sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a record that two people changed: what stands there now and what was sent."""

    label: str
    kept: str
    sent: str


@dataclass(frozen=True, slots=True)
class StillShell:
    """The frame of a page that must not ask the database."""

    preferences: Preferences
    home: str = "/"
    bank: str = field(default_factory=lambda: getattr(settings, "BANK_NAME", ""))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what was sent cannot be read, not even for whom: nothing of it, nor the database, is asked."""
    return _still(
        request,
        Problem(
            400,
            _("This request cannot be read"),
            _("Something in what was sent is missing or malformed. Nothing was changed."),
            [_("Go back, check what you entered and send it again.")],
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the right is lacking."""
    return _show(
        request,
        Problem(
            403,
            _("Your roles do not include this"),
            _("It needs a right that none of your roles gives. The attempt was recorded."),
            [
                _("If it belongs to your work, ask your unit head to request the role."),
                _("The system administrator proposes roles, the security administrator approves them."),
            ],
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such page, or a record out of scope; the two are not told apart."""
    return _show(
        request,
        Problem(
            404,
            _("There is no such page for you"),
            _("The address is wrong, or the record lies outside the customers and units you look after."),
            [
                _("Check the address, or search from your first page."),
                _("If a customer was handed over, ask the new owner."),
            ],
        ),
    )


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405: an address that exists, asked in a way it does not take."""
    return _show(
        request,
        Problem(
            405,
            _("This address cannot be used like that"),
            _("Either only a form sends to it, or it can only be read. Nothing was changed."),
            [_("Open the page from the menu and do it there.")],
        ),
    )


def conflict(request: HttpRequest, differences: Sequence[Difference], *, back: str) -> HttpResponse:
    """409: somebody else saved first; both versions are shown and nothing is lost."""
    problem = Problem(
        409,
        _("Somebody else changed this meanwhile"),
        _("Your entries were not saved. Both versions stand below."),
        [_("Compare the two, open the record again and enter what still applies.")],
    )
    return _show(request, problem, differences=differences, back=back)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose page is too old, or a session that has ended."""
    signed_in = request.user.is_authenticated
    return _show(
        request,
        Problem(
            403,
            _("This page was open too long"),
            _("The form no longer belongs to your session. Nothing was changed."),
            [
                _("Go back, reload the page and send the form again.")
                if signed_in
                else _("Your session has ended. Sign in again; then repeat what you wanted to do."),
                _("If this happens again, cookies may be blocked in your browser."),
            ],
            offers_sign_in=not signed_in,
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. Drawn without the database, which may be the cause."""
    problem = Problem(
        500,
        _("Something went wrong on our side"),
        _("The page could not be made. What you entered was not saved."),
        [
            _("Try again in a few minutes."),
            _("If it happens again, tell the system administrator the number below and what you did."),
        ],
    )
    return _still(request, problem)


def _still(request: HttpRequest, problem: Problem) -> HttpResponse:
    context = {**_context(request, problem), "shell": StillShell(device_preferences(request))}
    return HttpResponse(render_to_string("core/error_still.html", context), status=problem.status)


def _show(request: HttpRequest, problem: Problem, **extra: object) -> HttpResponse:
    return render(request, "core/error.html", {**_context(request, problem), **extra}, status=problem.status)


def _context(request: HttpRequest, problem: Problem) -> dict[str, object]:
    return {
        "problem": problem,
        "number": getattr(request, "number", ""),
        "at": timezone.now(),
        "path": request.path,
    }
