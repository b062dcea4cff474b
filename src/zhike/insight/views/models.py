"""The register of models, and the card of each (N-17)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError
from zhike.core.lists import Column, ListPage
from zhike.core.operations.submissions import once
from zhike.core.ui import answer, say
from zhike.insight.forms.foresee import ProposeForm
from zhike.insight.models import RegisteredModel
from zhike.insight.models.foresee import NEXT_MODEL_STATE, ModelState
from zhike.insight.operations import registering
from zhike.insight.queries import cards, model_words
from zhike.insight.views.panels import sections

COLUMNS = [
    Column("code", gettext_lazy("Model"), sort=("pk",)),
    Column("as_of", gettext_lazy("Data of"), sort=("as_of",)),
    Column("auc", gettext_lazy("Ranking (AUC)"), number=True),
    Column("rule", gettext_lazy("Plain rule"), number=True),
    Column("lift", gettext_lazy("Lift"), number=True),
    Column("state", gettext_lazy("State"), sort=("state",)),
    Column("asked_by", gettext_lazy("Trained by")),
]
TONES = {
    ModelState.TRAINING: "info", ModelState.TRAINED: "", ModelState.REFUSED: "danger", ModelState.PROPOSED: "warn",
    ModelState.APPROVED: "info", ModelState.IN_USE: "ok", ModelState.RETIRED: "muted",
}  # fmt: skip


@requires(Permission.MODEL_READ)
@require_GET
def model_list(request: HttpRequest) -> HttpResponse:
    page = ListPage(
        request, RegisteredModel.objects.select_related("asked_by"), columns=COLUMNS, default="-code"
    )
    context = {
        "list": page,
        "rows": [(model, TONES[ModelState(model.state)]) for model in page.page],
        "may_train": request.user.may(Permission.MODEL_TRAIN),
        "form": ProposeForm(),
        "sections": sections(request),
    }
    return answer(request, "insight/model_list.html", context)


@requires(Permission.MODEL_READ)
@require_GET
def model_card(request: HttpRequest, pk: int) -> HttpResponse:
    """One model: what it is for, how it did beside the plain rule, what it weighs, how far customers have drifted."""
    return answer(request, "insight/model.html", _context(request, get_object_or_404(RegisteredModel, pk=pk)))


@requires(Permission.MODEL_TRAIN)
@require_POST
def model_train(request: HttpRequest) -> HttpResponse:
    """Have a model trained on the facts as they are loaded."""
    work = partial(registering.ask_training, by=request.user, now=timezone.now())
    made = _done(request, work, _("The model is being trained."))
    return redirect("insight:model", made.pk) if made else redirect("insight:models")


@requires(Permission.MODEL_TRAIN)
@require_POST
def model_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a model before somebody else."""
    model, now = get_object_or_404(RegisteredModel, pk=pk), timezone.now()
    form = ProposeForm(request.POST)
    if form.is_valid():
        work = partial(
            registering.propose_model,
            model_id=pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            now=now,
        )
        try:
            once(work, sent=request.POST, to=request.path, by=request.user, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            say(request, _("Submitted. Another person decides."))
            return redirect("insight:model", pk)
    return answer(request, "insight/model.html", _context(request, model, form=form), form=form)


@requires(Permission.MODEL_TRAIN)
@require_POST
def model_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an approved model score from now on."""
    get_object_or_404(RegisteredModel, pk=pk)
    work = partial(registering.use_model, model_id=pk, by=request.user, now=timezone.now())
    _done(request, work, _("In use. Customers are being scored."))
    return redirect("insight:model", pk)


@requires(Permission.MODEL_TRAIN)
@require_POST
def model_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """End a model."""
    get_object_or_404(RegisteredModel, pk=pk)
    work = partial(registering.retire_model, model_id=pk, by=request.user, now=timezone.now())
    _done(request, work, _("Retired. What it said stays on record."))
    return redirect("insight:model", pk)


def _done(request: HttpRequest, work: Callable[[], RegisteredModel], said: str) -> RegisteredModel | None:
    """What a button did, said to who pressed it; a refusal is said too."""
    try:
        made = once(work, sent=request.POST, to=request.path, by=request.user, now=timezone.now())
    except DomainError as refusal:
        say(request, str(refusal))
        return None
    if made is not None:
        say(request, said)
    return made


def _context(
    request: HttpRequest, model: RegisteredModel, *, form: forms.Form | None = None
) -> dict[str, Any]:
    on, card = timezone.localdate(), model.card
    scoring = model.scorings.order_by("-as_of").first()
    may_train = request.user.may(Permission.MODEL_TRAIN)
    following = NEXT_MODEL_STATE[ModelState(model.state)]
    context = {
        "model": model,
        "tone": TONES[ModelState(model.state)],
        "refusal": model_words.refusal(model.refusal, model.refusal_count) if model.refusal else "",
        "learning": registering.learning_of(model),
        "threshold": parameters.value("insight.churn_threshold", on=on),
        "scoring": scoring,
        "drift": cards.drift_lines(scoring, on=on),
        "may_propose": may_train and ModelState.PROPOSED in following,
        "may_use": may_train and ModelState.IN_USE in following,
        "may_retire": may_train and ModelState.RETIRED in following,
        "form": form or ProposeForm(),
        "sections": sections(request),
    }
    if card:
        context |= {
            "card": card,
            "learnt_on": cards.period(card["learnt_on"]),
            "tried_on": cards.period(card["tried_on"]),
            "figures": cards.figures_of(card),
            "difference": cards.difference(card),
            "gains_chart": cards.gains_chart(card),
            "calibration_chart": cards.calibration_chart(card),
            "weights": cards.weights(model),
            "left_out": cards.left_out(card),
        }
    return context
