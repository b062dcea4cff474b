"""A session ends when nobody works, and carries who it acts for into the audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhike.core import audit, parameters
from zhike.staff.models.sessions import SEEN

CONFIRMED = "second_factor_at"
Answer = Callable[[HttpRequest], HttpResponse]


class SessionLimits:
    """Idle sessions end (`auth.idle_minutes`); approving roles are nobody before their second factor."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.answer(request)
        now = timezone.now().timestamp()
        minutes = parameters.value("auth.idle_minutes", on=timezone.localdate())
        idle = now - request.session.get(SEEN, now) > minutes * 60
        # A role that approves may have been given since; it is exercised only after the second factor.
        unconfirmed = request.user.must_confirm and CONFIRMED not in request.session
        if idle or unconfirmed:
            logout(request)
            return self.answer(request)
        if now - request.session.get(SEEN, 0) > 30:
            request.session[SEEN] = now
        absent = [held.staff_id for held in request.user.assignments if held.staff_id != request.user.pk]
        if absent:
            audit.origin.set(
                replace(audit.origin.get(), on_behalf_of=",".join(map(str, sorted(set(absent)))))
            )
        return self.answer(request)
