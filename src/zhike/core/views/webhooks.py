"""Webhooks: which programs are told of events, what was sent to them, and what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.forms import WebhookForm
from zhike.core.lists import Column, ListPage
from zhike.core.models import Approval, ApprovalState, Webhook, WebhookDelivery, WebhookState
from zhike.core.models.webhooks import NEXT_WEBHOOK_STATE
from zhike.core.operations import submissions
from zhike.core.operations import webhooks as keeping
from zhike.core.queries import webhooks
from zhike.core.ui import answer, say

READERS = (Permission.TOKEN_ISSUE, Permission.EXPORT_APPROVE)
TONES = {
    WebhookState.PROPOSED: "warn",
    WebhookState.ACTIVE: "ok",
    WebhookState.PAUSED: "",
    WebhookState.FAILED: "danger",
    WebhookState.ENDED: "",
}
FAULTS = {
    "REFUSED_ADDRESS": gettext_lazy("the address may not be called"),
    "NO_CONNECTION": gettext_lazy("no connection"),
    "TOO_SLOW": gettext_lazy("no answer in time"),
    "TOO_LARGE": gettext_lazy("answer too large"),
}
COLUMNS = [
    Column("name", gettext_lazy("Program"), sort=("name",)),
    Column("url", gettext_lazy("Receiving address")),
    Column("state", gettext_lazy("State")),
    Column("delivered", gettext_lazy("Last delivered"), sort=("delivered_at",)),
    Column("waiting", gettext_lazy("Events waiting"), number=True),
]
SENT = [
    Column("event", gettext_lazy("Event")),
    Column("made", gettext_lazy("Happened at")),
    Column("attempts", gettext_lazy("Attempts")),
    Column("state", gettext_lazy("State")),
    Column("act", ""),
]


@requires(*READERS)
def webhook_list(request: HttpRequest) -> HttpResponse:
    list_page = ListPage(request, webhooks.webhooks(), columns=COLUMNS, default="name")
    rows = [(row, TONES[WebhookState(row.state)]) for row in list_page.page]
    context = {"list": list_page, "rows": rows, "may_change": request.user.may(Permission.TOKEN_ISSUE)}
    return answer(request, "core/webhooks.html", context)


@requires(Permission.TOKEN_ISSUE)
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a webhook; its secret is shown in the answer itself, and never again."""
    form = WebhookForm(request.POST or None)
    now = timezone.now()
    if form.is_valid():
        entered = {name: form.cleaned_data[name] for name in ("name", "url", "reason")}
        try:
            made = submissions.once(
                lambda: keeping.propose_webhook(by=request.user, now=now, **entered),
                sent=request.POST, to=request.path, by=request.user, now=now,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            if made is None:  # sent twice: the secret was in the first answer
                return redirect("core:webhooks")
            context = {"webhook": made.webhook, "secret": made.secret}
            return answer(request, "core/webhook_proposed.html", context)
    return answer(request, "core/webhook_propose.html", {"hosts": settings.WEBHOOK_HOSTS}, form=form)


@requires(*READERS)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    webhook = get_object_or_404(webhooks.webhooks(), pk=pk)
    list_page = ListPage(request, webhooks.deliveries(webhook), columns=SENT)
    following = NEXT_WEBHOOK_STATE[WebhookState(webhook.state)]
    waiting = Approval.objects.filter(
        kind=keeping.KIND, state=ApprovalState.PENDING, subject_id=webhook.pk
    ).first()
    may_change = request.user.may(Permission.TOKEN_ISSUE) and webhook.state != WebhookState.PROPOSED
    context = {
        "webhook": webhook,
        "tone": TONES[WebhookState(webhook.state)],
        "list": list_page,
        "rows": [
            (row, [(one, FAULTS.get(one.fault, "")) for one in row.attempts.all()]) for row in list_page.page
        ],
        "waiting": waiting,
        "may_pause": may_change and WebhookState.PAUSED in following,
        "may_resume": may_change and WebhookState.ACTIVE in following,
        "may_end": may_change and WebhookState.ENDED in following,
        "may_resend": may_change and webhook.state == WebhookState.ACTIVE,
    }
    return answer(request, "core/webhook.html", context)


@requires(Permission.TOKEN_ISSUE)
@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    return _moved(request, pk, keeping.pause_webhook, _("Nothing is sent until you resume it; events wait."))


@requires(Permission.TOKEN_ISSUE)
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _moved(request, pk, keeping.resume_webhook, _("It sends again; what has waited goes first."))


@requires(Permission.TOKEN_ISSUE)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    return _moved(request, pk, keeping.end_webhook, _("It has ended and sends nothing more."))


@requires(Permission.TOKEN_ISSUE)
@require_POST
def resend(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    row = get_object_or_404(WebhookDelivery, pk=delivery, webhook_id=pk)
    try:
        keeping.resend(delivery_id=row.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
    else:
        say(request, _("The event goes out again within a minute, with the same key."))
    return redirect("core:webhook", pk)


def _moved(request: HttpRequest, pk: int, move: Callable[..., Any], done: str) -> HttpResponse:
    webhook = get_object_or_404(Webhook, pk=pk)
    try:
        move(webhook_id=webhook.pk, by=request.user, now=timezone.now())
    except DomainError as refusal:
        done = str(refusal)
    say(request, done)
    return redirect("core:webhook", pk)
