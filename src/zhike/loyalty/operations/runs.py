"""Runs: start, restart, check samples, review, void. Computing and publishing have files of their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, formats
from zhike.core.errors import DomainError
from zhike.core.models import JobRun, JobState
from zhike.core.operations import jobs
from zhike.facts import api as facts
from zhike.loyalty.enums import NEXT_RUN_STATE, OPEN_RUNS, RunState, SchemeState, Verdict
from zhike.loyalty.models import Result, Run, SampleCheck, Scheme
from zhike.loyalty.operations import queueing
from zhike.loyalty.queries.definitions import changed_since_approval
from zhike.loyalty.queries.periods import bounds, last_end, period_of
from zhike.loyalty.queries.sampling import is_drawn, samples_wanted

COMPUTE_JOB = "loyalty.compute"


class RunRefused(DomainError):
    pass


@transaction.atomic
def start_run(*, scheme_id: int, as_of: date, reason: str = "", by: Any, now: datetime) -> Run:
    """Queue the evaluation of the period that `as_of` ends, on the facts loaded now.

    Refuses what `start_refusal` names, and a second run of a published period without a reason, under whichever
    scheme the first was.
    """
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    snapshot = facts.snapshot(as_of=as_of)
    _demand_startable(scheme, as_of, snapshot)
    period = period_of(as_of, scheme.cycle)
    published = published_result(scheme, as_of=as_of)
    if published and not reason.strip():
        raise RunRefused(
            _("%(period)s is already published. Give a reason to evaluate it again.") % {"period": period}
        )
    before = Run.objects.filter(scheme_code=scheme.code, period=period).aggregate(last=Max("number"))
    number = (before["last"] or 0) + 1
    run = Run(
        scheme=scheme, scheme_code=scheme.code, period=period, as_of=as_of, number=number,
        reason=reason.strip(), supersedes=published, previous=_last_before(period, as_of),
        batches=list(snapshot.batches), started_by=by, started_at=now,
    )  # fmt: skip
    with audit.change(run, "run.started", by=by, at=now, reason=run.reason):
        run.save()
    _enqueue(run, by=by, now=now)
    return run


@transaction.atomic
def restart_run(*, run_id: int, by: Any, now: datetime) -> Run:
    """Queue a blocked or failed run again, on the facts loaded now. Refuses a run that is still working.

    Whoever does so has started it too, and does not publish it.
    """
    run = Run.objects.select_for_update().get(pk=run_id)
    _demand_next(run, RunState.QUEUED)
    if run.state != RunState.BLOCKED and not is_stuck(run):
        raise RunRefused(_("This run is still being computed."))
    demand_approved_definitions(run.scheme)
    _demand_settled_facts()
    with audit.change(run, "run.restarted", by=by, at=now):
        run.state = RunState.QUEUED
        run.attempt += 1
        run.restarted_by, run.restarted_at = by, now
        run.batches = list(facts.snapshot(as_of=run.as_of).batches)
        run.previous = _last_before(run.period, run.as_of)
        run.statements = []
        run.version += 1
        run.save()
    _enqueue(run, by=by, now=now)
    return run


def start_refusal(scheme: Scheme, *, as_of: date) -> str:
    """Why the period that a day ends cannot be evaluated now, whatever reason is given; '' if it can.

    A scheme that is not in force, or whose indicators this release defines otherwise than was approved; a day that
    ends no period, that the facts do not reach, or before which there are none; a period with an open run; an
    import that is running or has failed.
    """
    try:
        _demand_startable(scheme, as_of, facts.snapshot(as_of=as_of))
    except RunRefused as refusal:
        return str(refusal)
    return ""


def published_result(scheme: Scheme, *, as_of: date) -> Run | None:
    """The official result of the period that a day ends, which another run would replace."""
    return _of_same_period(scheme, as_of).filter(state=RunState.PUBLISHED).first()


def scheme_in_force(code: str) -> Scheme:
    """The version of a scheme that rules. Refuses a code without one."""
    scheme = Scheme.objects.filter(code=code, state=SchemeState.IN_FORCE).first()
    if scheme is None:
        raise RunRefused(_("No scheme %(code)s is in force.") % {"code": code})
    return scheme


def demand_approved_definitions(scheme: Scheme) -> None:
    """Refuse a scheme whose indicators this release defines otherwise than was approved: what nobody has tried and
    approved gives nobody a tier (L-42). The next version of the scheme freezes the definitions of today."""
    if changed := changed_since_approval(scheme):
        raise RunRefused(
            _(
                "%(scheme)s was approved with other definitions of %(names)s than this release computes. "
                "Make a new version, try it and have it approved; then evaluate with that."
            )
            % {"scheme": scheme.title, "names": _(", ").join(changed)}
        )


def is_stuck(run: Run) -> bool:
    """Whether nobody carries an open run any further: its job failed, or its worker died."""
    job = computation_of(run)
    if job is None or job.state == JobState.FAILED:
        return True
    return job.state == JobState.RUNNING and not jobs.is_worked_on(job.pk)


def computation_of(run: Run) -> JobRun | None:
    """The job row of a run's present attempt."""
    return JobRun.objects.filter(job=COMPUTE_JOB, as_of=run.as_of, key=_key(run)).first()


@transaction.atomic
def check_sample(
    *, run_id: int, customer_id: int, verdict: str, note: str = "", by: Any, now: datetime
) -> SampleCheck:
    """Say whether one customer's result is right, before the review.

    Refuses a customer who was not drawn, so that nobody picks the easy ones, and a doubt without its reason.
    """
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state != RunState.REVIEW or run.reviewed_at:
        raise RunRefused(_("Samples are checked before the review is finished."))
    if verdict == Verdict.DOUBTFUL and not note.strip():
        raise RunRefused(_("Say what is doubtful."))
    if not is_drawn(run, customer_id, staff=by, on=timezone.localdate(now)):
        raise RunRefused(_("This customer is not one of the samples drawn."))
    result = Result.objects.get(run_id=run_id, customer_id=customer_id)
    check = (
        SampleCheck.objects.filter(run=run, customer_id=customer_id).first()
        or SampleCheck(run=run, customer_id=customer_id, outlet_id=result.outlet_id)
    )  # fmt: skip
    with audit.change(check, "run.sampled", by=by, at=now):
        check.verdict, check.note, check.checked_by, check.checked_at = verdict, note.strip()[:200], by, now
        check.save()
    return check


@transaction.atomic
def review_run(*, run_id: int, note: str = "", by: Any, now: datetime) -> Run:
    """Finish the review. Refuses too few samples, and doubts that the note does not answer."""
    run = Run.objects.select_for_update().get(pk=run_id)
    _demand_reviewable(run)
    checks = SampleCheck.objects.filter(run=run)
    wanted = samples_wanted(run, on=timezone.localdate(now))
    if checks.count() < wanted:
        raise RunRefused(
            _("Check %(count)s samples first; %(done)s are done.") % {"count": wanted, "done": checks.count()}
        )
    if checks.filter(verdict=Verdict.DOUBTFUL).exists() and not note.strip():
        raise RunRefused(_("A sample is doubtful: say in the note why the run may still be published."))
    return _reviewed(run, note=note.strip(), by=by, now=now)


@transaction.atomic
def waive_review(*, run_id: int, reason: str, now: datetime) -> Run:
    """Let the system pass a run without samples: the command line and the demo bank. Recorded as such."""
    run = Run.objects.select_for_update().get(pk=run_id)
    _demand_reviewable(run)
    return _reviewed(run, note=reason, by=None, now=now)


@transaction.atomic
def void_run(*, run_id: int, reason: str, by: Any, now: datetime) -> Run:
    """Give up a run that was not published. Refuses an empty reason, and a published run: only a later
    run replaces that one."""
    run = Run.objects.select_for_update().get(pk=run_id)
    _demand_next(run, RunState.VOID)
    if not reason.strip():
        raise RunRefused(_("Please give a reason."))
    with audit.change(run, "run.voided", by=by, at=now, reason=reason):
        run.state, run.voided_by, run.voided_at, run.void_reason = RunState.VOID, by, now, reason.strip()
        run.version += 1
        run.save()
    return run


def _reviewed(run: Run, *, note: str, by: Any, now: datetime) -> Run:
    with audit.change(run, "run.reviewed", by=by, at=now, reason=note):
        run.reviewed_by, run.reviewed_at, run.review_note = by, now, note[:500]
        run.version += 1
        run.save()
    return run


def _last_before(period: str, as_of: date) -> Run | None:
    """The published run this one is compared with: the latest of an earlier date and another period."""
    earlier = Run.objects.filter(state=RunState.PUBLISHED, as_of__lt=as_of).exclude(period=period)
    return earlier.order_by("-as_of").first()


def _key(run: Run) -> str:
    return f"{run.pk}.{run.attempt}"


def _enqueue(run: Run, *, by: Any, now: datetime) -> None:
    queueing.enqueue(
        task="loyalty.compute_run", job=COMPUTE_JOB, as_of=run.as_of, key=_key(run), by=by, now=now,
        run_id=run.pk,
    )  # fmt: skip


def _of_same_period(scheme: Scheme, as_of: date) -> QuerySet[Run]:
    return Run.objects.filter(Q(period=period_of(as_of, scheme.cycle)) | Q(as_of=as_of))


def _demand_startable(scheme: Scheme, as_of: date, snapshot: facts.Snapshot) -> None:
    if scheme.state != SchemeState.IN_FORCE:
        raise RunRefused(_("Only a scheme in force can be evaluated."))
    demand_approved_definitions(scheme)
    _demand_ended(scheme.cycle, as_of, business_on=snapshot.business_on)
    _demand_begun(as_of, snapshot)
    if open_run := _of_same_period(scheme, as_of).filter(state__in=OPEN_RUNS).first():
        raise RunRefused(_("%(run)s is still open; publish it or make it void first.") % {"run": open_run})
    _demand_settled_facts()


def _demand_ended(cycle: str, as_of: date, *, business_on: date | None) -> None:
    """Only a whole period is evaluated (L-39), on facts that reach its end: who evaluates what has not happened
    yet takes a missing fact for a customer's doing."""
    if business_on is None:
        raise RunRefused(_("No facts are loaded yet."))
    period = period_of(as_of, cycle)
    last = bounds(period)[1]
    words = {"period": period, "day": formats.day(last)}
    if last > business_on:
        words |= {"facts": formats.day(business_on), "whole": formats.day(last_end(business_on, cycle))}
        raise RunRefused(
            _(
                "%(period)s is not over: it ends on %(day)s, and the loaded facts end on %(facts)s. "
                "The last whole period ends on %(whole)s."
            )
            % words
        )
    if as_of != last:
        raise RunRefused(_("A period is evaluated as of its last day; %(period)s ends on %(day)s.") % words)


def _demand_begun(as_of: date, snapshot: facts.Snapshot) -> None:
    """Before the first month of facts there is nothing to judge anybody by."""
    first = min((file.month_on for file in snapshot.files if file.month_on), default=None)
    if first is not None and as_of < first:
        raise RunRefused(
            _("The loaded facts begin on %(day)s: there are none for this period.")
            % {"day": formats.day(first)}
        )


def _demand_settled_facts() -> None:
    """Facts must be whole: no import under way, and none refused since its mapping last loaded. Names them all."""
    if waits := facts.evaluation_waits():
        raise RunRefused(facts.waiting_words(waits))


def _demand_reviewable(run: Run) -> None:
    if run.state != RunState.REVIEW:
        raise RunRefused(_("Only a computed run can be reviewed."))
    if run.reviewed_at:
        raise RunRefused(_("This run is already reviewed."))


def _demand_next(run: Run, state: RunState) -> None:
    if state not in NEXT_RUN_STATE[RunState(run.state)]:
        raise RunRefused(
            _("This does not fit the state of the run: %(state)s.") % {"state": run.get_state_display()}
        )
