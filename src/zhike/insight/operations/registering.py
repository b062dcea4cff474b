"""Models of churn: trained by the worker, proposed, approved by somebody else, put in use, retired (N-17)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from zhike.analytics import churn, portrait
from zhike.analytics.churn import Judged, Learning, Learnt
from zhike.analytics.keeping import Rules
from zhike.analytics.logistic import CannotLearn
from zhike.analytics.plan import months_before
from zhike.core import audit, parameters
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval
from zhike.core.operations import approvals, jobs
from zhike.core.sentences import Sentence
from zhike.facts import api as facts
from zhike.insight.models import RegisteredModel
from zhike.insight.models.foresee import NEXT_MODEL_STATE, ModelState
from zhike.insight.queries.value_studies import rules_on

KIND = "insight.model"
JOB = "insight.train"
TASK = "insight.train_model"
SCORE_JOB = "insight.foresee"
SCORE_TASK = "insight.score_customers"


class ModelRefused(DomainError):
    pass


@transaction.atomic
def ask_training(*, by: Any, now: datetime) -> RegisteredModel:
    """Have the worker train a model on the facts as they are loaded. Refuses while another one is being trained, and
    before anything was loaded."""
    snapshot = facts.snapshot()
    if snapshot.business_on is None:
        raise ModelRefused(_("No facts have been loaded yet."))
    waiting = RegisteredModel.objects.select_for_update().filter(state=ModelState.TRAINING).first()
    if waiting is not None:  # its job may have failed
        if not _queue(waiting, by=by, now=now):
            raise ModelRefused(_("A model is being trained already."))
        return waiting
    on = timezone.localdate(now)
    learning = Learning(
        horizon_months=int(parameters.value("insight.churn_horizon", on=on)),
        least_cases=int(parameters.value("insight.churn_least_lost", on=on)),
        rules=rules_on(on).keeping,
    )
    model = RegisteredModel(
        definition=asdict(learning), as_of=snapshot.business_on, asked_by=by, asked_at=now
    )
    with audit.change(model, "model.asked", by=by, at=now):
        model.save()
    _queue(model, by=by, now=now)
    return model


def train_model(*, model_id: int, now: datetime) -> RegisteredModel:
    """Train a model that was asked for, or keep why it cannot be. Safe to repeat; a trained one stays as it is."""
    model = RegisteredModel.objects.get(pk=model_id)
    if model.state != ModelState.TRAINING:
        return model
    snapshot = facts.snapshot()
    as_of = snapshot.business_on or model.as_of
    learnt, refused = None, None
    with facts.over(snapshot) as duck:
        try:
            learnt = churn.learn(duck, as_of, learning_of(model), feeds=feeds_of(duck, snapshot, as_of))
        except CannotLearn as told:
            refused = told
    with transaction.atomic():
        model = RegisteredModel.objects.select_for_update().get(pk=model_id)
        if model.state != ModelState.TRAINING:
            return model
        with audit.change(model, "model.trained" if learnt else "model.not_trained", by=None, at=now):
            _move(model, ModelState.TRAINED if learnt else ModelState.REFUSED)
            model.as_of, model.batches, model.trained_at = as_of, list(snapshot.batches), now
            if learnt is not None:
                model.fitted, model.card = learnt.model.plain(), card_of(learnt)
            elif refused is not None:
                model.refusal, model.refusal_count = refused.code, refused.count
            model.save()
    return model


@transaction.atomic
def propose_model(*, model_id: int, reason: str, by: Any, now: datetime) -> RegisteredModel:
    """Put a trained model before whoever approves models. Refuses another state, and an empty reason."""
    model = _held(model_id)
    with audit.change(model, "model.proposed", by=by, at=now, reason=reason):
        _move(model, ModelState.PROPOSED)
        model.save()
    approvals.propose(
        kind=KIND, subject=model, payload={"is_better": model.is_better}, reason=reason,
        makers=[model.asked_by_id], by=by, now=now,
    )  # fmt: skip
    return model


@transaction.atomic
def model_approved(*, approval: Approval, by: Any, now: datetime) -> RegisteredModel:
    """Carry out an approval. Refuses one without a reason where the model told no more than the plain rule; raises
    Stale when it is not proposed any more."""
    model = _held(approval.subject_id)
    if model.state != ModelState.PROPOSED:
        raise Stale(Sentence("model.moved_on"))
    if not model.is_better and not approval.decision_reason.strip():
        raise ModelRefused(
            _("This model told no more than the plain rule. Say why it is approved all the same.")
        )
    with audit.change(model, "model.approved", by=by, at=now, reason=approval.decision):
        _move(model, ModelState.APPROVED)
        model.approved_by, model.approved_at = by, now
        model.save()
    return model


@transaction.atomic
def model_rejected(*, approval: Approval, by: Any, now: datetime) -> RegisteredModel | None:
    """Give a rejected, withdrawn or overtaken model back. Hears of every kind of proposal."""
    if approval.kind != KIND:
        return None
    model = _held(approval.subject_id)
    if model.state != ModelState.PROPOSED:
        return None
    with audit.change(model, "model.returned", by=by, at=now, reason=approval.decision):
        _move(model, ModelState.TRAINED)
        model.save()
    return model


@transaction.atomic
def use_model(*, model_id: int, by: Any, now: datetime) -> RegisteredModel:
    """Let an approved model score from now on, at once and every night; the one in use before retires. Refuses another
    state."""
    model = _held(model_id)
    if ModelState.IN_USE not in NEXT_MODEL_STATE[ModelState(model.state)]:
        raise _moved_on(model)
    for before in RegisteredModel.objects.select_for_update().filter(state=ModelState.IN_USE):
        _retire(before, by=by, now=now)
    with audit.change(model, "model.in_use", by=by, at=now):
        _move(model, ModelState.IN_USE)
        model.used_by, model.used_at = by, now
        model.save()
    run, is_new = jobs.queue_run(
        job=SCORE_JOB, as_of=timezone.localdate(now), key=str(model.pk), asked_by=by.name, now=now
    )
    if is_new:
        app.configure_task(SCORE_TASK).defer(job_run_id=run.pk)
    return model


@transaction.atomic
def retire_model(*, model_id: int, by: Any, now: datetime) -> RegisteredModel:
    """End a model; what it said stays on record. Refuses one that is being trained or waits for approval."""
    return _retire(_held(model_id), by=by, now=now)


def learning_of(model: RegisteredModel) -> Learning:
    """How a model is learnt, by its definition."""
    plain = dict(model.definition)
    rules = dict(plain.pop("rules"))
    return Learning(**plain, rules=Rules(**{**rules, "bands_cents": tuple(rules["bands_cents"])}))


def feeds_of(duck: Any, snapshot: facts.Snapshot, as_of: date) -> frozenset[str]:
    """The feeds that were delivered for the year up to a day."""
    return portrait.feeds_of(duck, as_of, delivered=snapshot.delivered(since=months_before(as_of, 12)))


def card_of(learnt: Learnt) -> dict[str, Any]:
    """The card in its plain form: both periods, how model and plain rule did, by how much it ranks better."""
    return {
        "learnt_on": _plain(asdict(learnt.learnt_on)),
        "tried_on": _plain(asdict(learnt.tried_on)),
        "judged": _judged(learnt.judged),
        "beside": _judged(learnt.beside),
        "difference": asdict(learnt.difference),
        "left_out": list(learnt.left_out),
    }


def _judged(judged: Judged) -> dict[str, Any]:
    return {**asdict(judged), "lift": judged.lift}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: each.isoformat() if isinstance(each, date) else each for name, each in values.items()}


def _queue(model: RegisteredModel, *, by: Any, now: datetime) -> bool:
    run, is_new = jobs.queue_run(job=JOB, as_of=model.as_of, key=str(model.pk), asked_by=by.name, now=now)
    if is_new:
        app.configure_task(TASK).defer(job_run_id=run.pk, model_id=model.pk)
    return is_new


def _held(model_id: int) -> RegisteredModel:
    return RegisteredModel.objects.select_for_update().get(pk=model_id)


def _retire(model: RegisteredModel, *, by: Any, now: datetime) -> RegisteredModel:
    with audit.change(model, "model.retired", by=by, at=now):
        _move(model, ModelState.RETIRED)
        model.retired_at = now
        model.save()
    return model


def _move(model: RegisteredModel, state: ModelState) -> None:
    if state not in NEXT_MODEL_STATE[ModelState(model.state)]:
        raise _moved_on(model)
    model.state = state
    model.version += 1


def _moved_on(model: RegisteredModel) -> ModelRefused:
    return ModelRefused(
        _("This does not fit the state of the model: %(state)s.") % {"state": model.get_state_display()}
    )
