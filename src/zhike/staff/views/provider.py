"""Signing in at the bank's own sign-in service: there, back, and out again.

What the service proves is one step of signing in. The house's other steps stay: a second factor of ours where the
service did not ask for one that counts, and a session that ends as all do.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhike.core.access.guard import open_to_all
from zhike.core.ui import UNPROCESSABLE, answer
from zhike.staff import provider
from zhike.staff.operations import provider_sign_in
from zhike.staff.views.signing_in import begin_steps, next_step, wanted

PENDING = "provider_attempts"
PENDING_MOST = 5  # sign-ins begun in several windows of one browser
logger = logging.getLogger(__name__)


@open_to_all
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the sign-in service."""
    if not provider.is_used():
        return redirect("staff:login")
    now = timezone.now()
    attempt = provider.new_attempt(then=wanted(request), now=now)
    try:
        there = provider.address_to_begin(attempt, back=_back(request), now=now)
    except provider.ProviderDown as failure:
        return _down(request, failure)
    pending = [*request.session.get(PENDING, {}).items(), (attempt.state, asdict(attempt))]
    request.session[PENDING] = dict(pending[-PENDING_MOST:])
    return redirect(there)


@open_to_all
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Take the answer of the sign-in service, once, and only where this browser asked for it."""
    now = timezone.now()
    pending = request.session.get(PENDING, {})
    kept = pending.pop(request.GET.get("state", ""), None)
    if not provider.is_used() or kept is None:
        return _refused(request, _("This sign-in was not begun in this browser, or has been used already."))
    request.session[PENDING] = pending
    attempt = provider.Attempt(**kept)
    code = request.GET.get("code", "")
    if attempt.is_over(now=now):
        return _refused(request, _("This sign-in took too long."))
    if not code:
        provider_sign_in.note_unproven(code=request.GET.get("error", "")[:50], now=now)
        return _refused(request, _("The sign-in service has not signed you in."))
    try:
        identity = provider.redeem(
            code=code, issuer=request.GET.get("iss", ""), attempt=attempt, back=_back(request), now=now
        )
        person = provider_sign_in.person_of(identity=identity, now=now)
    except provider.ProviderDown as failure:
        return _down(request, failure)
    except provider.TokenRefused as refusal:
        provider_sign_in.note_unproven(code=refusal.code, now=now)
        return _refused(request, _("What the sign-in service answered does not prove who you are."))
    except provider_sign_in.NoAccount as refusal:
        return _refused(request, str(refusal))
    begin_steps(request, person, then=attempt.next, identity=identity, now=now)
    return next_step(request, person, now=now)


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("staff:provider_back"))


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    response = answer(request, "staff/provider_refused.html", {"sentence": sentence})
    response.status_code = UNPROCESSABLE
    return response


def _down(request: HttpRequest, failure: provider.ProviderDown) -> HttpResponse:
    logger.error("the sign-in service fails: %s", failure)
    context = {
        "sentence": _("The sign-in service does not answer as it should."),
        "is_down": True,
        "has_emergency_door": settings.LOCAL_SIGN_IN == "emergency",
    }
    response = answer(request, "staff/provider_refused.html", context)
    response.status_code = 503
    return response
