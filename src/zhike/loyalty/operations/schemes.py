"""Schemes: draft, try out, submit, approve, bring in force, retire (L-38, L-42)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.analytics import evaluate as analytics
from zhike.analytics import scheme as analytics_scheme
from zhike.analytics.scheme_problems import problems
from zhike.core import audit, formats, parameters
from zhike.core.errors import DomainError, Stale
from zhike.core.models import Approval, ApprovalState, JobRun
from zhike.core.operations import approvals
from zhike.core.sentences import Sentence
from zhike.facts import api as facts
from zhike.loyalty.enums import NEXT_SCHEME_STATE, RunState, SchemeState
from zhike.loyalty.models import Run, Scheme
from zhike.loyalty.operations import engines, queueing, trial_moves
from zhike.loyalty.queries import scheme_versions
from zhike.loyalty.queries.definitions import changed_since_approval
from zhike.loyalty.queries.sentences import problem_in_words

KIND = "loyalty.scheme"
TRY_JOB = "loyalty.try"
LEAD_PARAMETER = "loyalty.scheme_lead_days"
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,29}")


class SchemeRefused(DomainError):
    """`field` names the argument that was refused, where it is one alone."""

    def __init__(self, said: str, *, field: str | None = None) -> None:
        super().__init__(said)
        self.field = field


class SchemeHasProblems(SchemeRefused):
    """The scheme may not go to approval; `sentences` say why, one each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class DraftMoved(Stale):
    """Somebody else saved first; `kept` is what stands there now."""

    def __init__(self, kept: Scheme) -> None:
        super().__init__(_("Somebody else changed this draft meanwhile. Nothing of yours was saved."))
        self.kept = kept


@transaction.atomic
def draft_scheme(*, preset: str, code: str, name: str, by: Any, now: datetime) -> Scheme:
    """Draft a new scheme from one that ships. Raises UnknownPreset; refuses a code that another scheme has.

    The code of drafts that were all deleted is free again; their numbers stay on record and are not given twice.
    """
    spec = analytics_scheme.preset(preset)
    if not _CODE.fullmatch(code):
        raise SchemeRefused(_("A code has 2 to 30 capital letters, digits or underscores."), field="code")
    _lock(code)
    if taken := scheme_versions.listed().filter(code=code).order_by("-number").first():
        raise SchemeRefused(
            _(
                "The code %(code)s is that of “%(name)s”. Draft its next version with “New version” on its page."
            )
            % {"code": code, "name": taken.name},
            field="code",
        )
    return _draft(spec.to_dict(), code=code, name=name, basis="", by=by, now=now)


@transaction.atomic
def draft_next_version(*, scheme_id: int, by: Any, now: datetime) -> Scheme:
    """Draft the next version of a scheme with the numbers of this one; this one stays as it is (L-42)."""
    source = scheme_versions.listed().get(pk=scheme_id)
    _lock(source.code)
    return _draft(source.spec, code=source.code, name=source.name, basis=source.basis, by=by, now=now)


@transaction.atomic
def change_draft(
    *,
    scheme_id: int,
    version: int,
    spec: Mapping[str, Any],
    name: str,
    basis: str,
    reason: str,
    valid_from: date | None,
    by: Any,
    now: datetime,
) -> Scheme:
    """Save a draft. Refuses what is no draft any more and what cannot be read; raises DraftMoved when stale.

    A draft may be wrong in substance, such as weights of 95 %: `submit_scheme` is where that is refused.
    """
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    if scheme.state != SchemeState.DRAFT:
        raise SchemeRefused(_("Only a draft can be changed; make a new version."))
    if scheme.version != version:
        raise DraftMoved(scheme)
    if not name.strip():
        raise SchemeRefused(_("Give the scheme a name."))
    try:
        read = analytics_scheme.from_dict({**spec, "code": scheme.code, "version": scheme.number})
    except (KeyError, ValueError, TypeError) as error:
        raise SchemeRefused(_("The numbers of this scheme cannot be read.")) from error
    with audit.change(scheme, "scheme.changed", by=by, at=now):
        scheme.spec = read.to_dict()
        scheme.cycle, scheme.name = read.cycle, name.strip()
        scheme.basis, scheme.reason, scheme.valid_from = basis.strip(), reason.strip(), valid_from
        scheme.add_maker(by)
        scheme.version += 1
        scheme.save()
    return scheme


@transaction.atomic
def ask_trial(*, scheme_id: int, by: Any, now: datetime) -> JobRun:
    """Have the worker try a draft on the loaded facts. Raises SchemeHasProblems; refuses what is no draft."""
    scheme = Scheme.objects.get(pk=scheme_id)
    if scheme.state != SchemeState.DRAFT:
        raise SchemeRefused(_("Only a draft can be tried."))
    _demand_sound(analytics_scheme.from_dict(scheme.spec))
    as_of = facts.snapshot().business_on or timezone.localdate(now)
    audit.record("scheme.trial_asked", by=by, at=now, row=scheme)
    return queueing.enqueue(
        task="loyalty.try_scheme", job=TRY_JOB, as_of=as_of, key=f"{scheme.pk}.{scheme.version}", by=by,
        now=now, scheme_id=scheme.pk, by_id=by.pk,
    )  # fmt: skip


def try_scheme(*, scheme_id: int, as_of: date, by: Any, now: datetime) -> Scheme:
    """Compute a draft on the loaded facts and keep coverage, tiers and warnings with it (formula E.6).

    Nothing is published. Raises SchemeHasProblems. The computation runs outside the transaction; what is no draft
    by the end of it, deleted or submitted meanwhile, stays as it is.
    """
    scheme = Scheme.objects.get(pk=scheme_id)
    if scheme.state != SchemeState.DRAFT:
        return scheme
    spec = analytics_scheme.from_dict(scheme.spec)
    _demand_sound(spec)
    snapshot = facts.snapshot(as_of=as_of)
    with facts.passing(engines.RESULTS_FOLDER, engines.TRIED) as path, facts.over(snapshot) as duck:
        inputs = engines.prepare(duck, snapshot, spec, as_of)
        summary = analytics.evaluate(duck, inputs, path)
        coverage = analytics.covered(duck, inputs)
        ruling = Scheme.objects.filter(code=scheme.code, state=SchemeState.IN_FORCE).first()
        moves = (
            trial_moves.moves_against(duck, snapshot, ruling.definition, as_of=as_of, tried=path)
            if ruling
            else None
        )
    trial = {
        "spec_hash": spec.sha256,
        "as_of": as_of.isoformat(),
        "coverage": asdict(coverage),
        "customer_count": summary.customer_count,
        "by_tier": summary.by_score_tier,
        "bins": [each.customer_count for each in summary.bins],
        "bin_points": summary.bin_points,
        "moves": moves,
        "insufficient_count": summary.insufficient_count,
        "warnings": [*summary.warnings, *_feeds_absent(coverage)],
    }
    with transaction.atomic():
        scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
        if scheme.state != SchemeState.DRAFT:
            return scheme
        with audit.change(scheme, "scheme.tried", by=by, at=now):
            scheme.trial = trial
            scheme.save(update_fields=["trial"])
    return scheme


@transaction.atomic
def submit_scheme(*, scheme_id: int, version: int, by: Any, now: datetime) -> Scheme:
    """Put a draft before an executive; from now on its numbers stand still.

    Refuses blocking problems with their figures, a missing basis (L-02), reason or day, a day that has come or is
    too far off (`earliest_day`, `latest_day`), and a draft that was not tried with these very numbers, so that
    nobody approves without having seen the distribution.
    """
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    demand_next(scheme, SchemeState.PENDING)
    if scheme.version != version:
        raise DraftMoved(scheme)
    spec = analytics_scheme.from_dict(scheme.spec)
    _demand_sound(spec)
    if not scheme.basis:
        raise SchemeRefused(
            _("State the basis: the law, rule or internal document this scheme rests on."), field="basis"
        )
    if not scheme.reason:
        raise SchemeRefused(_("Give the reason for this version."), field="reason")
    if scheme.valid_from is None:
        raise SchemeRefused(_("Say from which day on it is to be in force."), field="valid_from")
    if refusal := day_refusal(scheme.valid_from, today=timezone.localdate(now)):
        raise SchemeRefused(refusal, field="valid_from")
    if scheme.trial.get("spec_hash") != spec.sha256:
        raise SchemeRefused(
            _("Try these numbers on the loaded facts first, so that coverage and tiers are seen.")
        )
    with audit.change(scheme, "scheme.submitted", by=by, at=now, reason=scheme.reason):
        scheme.state, scheme.spec_hash = SchemeState.PENDING, spec.sha256
        scheme.indicator_versions = spec.indicator_versions
        scheme.add_maker(by)
        scheme.version += 1
        scheme.save(update_fields=["state", "spec_hash", "indicator_versions", "makers", "version"])
        payload = {
            "spec_hash": scheme.spec_hash,
            "valid_from": scheme.valid_from.isoformat(),
            "warnings": scheme.trial["warnings"],
        }
        approvals.propose(
            kind=KIND, subject=scheme, payload=payload, reason=scheme.reason, makers=scheme.makers,
            by=by, now=now,
        )  # fmt: skip
    return scheme


@transaction.atomic
def scheme_approved(*, approval: Approval, by: Any, now: datetime) -> Scheme:
    """Carry out an approved scheme; it comes in force on its day. Raises Stale, and refuses a scheme whose indicators
    mean something else than when it was tried.

    A scheme approved after its day rules from the day of the approval, not from before it.
    """
    scheme = Scheme.objects.select_for_update().get(pk=approval.subject_id)
    if scheme.state != SchemeState.PENDING or scheme.spec_hash != approval.payload["spec_hash"]:
        raise Stale(Sentence("scheme.changed_meanwhile"))
    if changed := changed_since_approval(scheme):
        raise SchemeRefused(
            _("Since the submission, this release defines other than was tried: %(names)s. Reject the scheme, so "
              "that it is tried and submitted again.") % {"names": _(", ").join(changed)}
        )  # fmt: skip
    with audit.change(scheme, "scheme.approved", by=by, at=now, reason=approval.decision):
        today = timezone.localdate(now)
        scheme.state, scheme.valid_from = SchemeState.APPROVED, max(scheme.valid_from or today, today)
        scheme.version += 1
        scheme.save(update_fields=["state", "valid_from", "version"])
    if scheme.valid_from == today:
        return bring_in_force(scheme_id=scheme.pk, by=by, now=now)
    return scheme


@transaction.atomic
def proposal_rejected(*, approval: Approval, by: Any, now: datetime) -> Scheme | None:
    """Give a rejected, withdrawn or overtaken scheme back to its author as a draft; an overtaken one has to be tried
    again. Hears of every kind of proposal; does nothing about another kind, nor about a scheme that has moved on."""
    if approval.kind != KIND:
        return None
    scheme = Scheme.objects.select_for_update().get(pk=approval.subject_id)
    if scheme.state != SchemeState.PENDING:
        return None
    with audit.change(scheme, "scheme.returned", by=by, at=now, reason=approval.decision):
        scheme.state, scheme.spec_hash, scheme.indicator_versions = SchemeState.DRAFT, "", {}
        if approval.state == ApprovalState.STALE:
            scheme.trial = {}  # against a scheme that rules no longer
        scheme.version += 1
        scheme.save(update_fields=["state", "spec_hash", "indicator_versions", "trial", "version"])
    return scheme


@transaction.atomic
def bring_in_force(*, scheme_id: int, by: Any, now: datetime) -> Scheme:
    """Let an approved scheme rule from now on. It ends the one in force, whatever its code: a scheme evaluates
    every customer, and a customer stands by one (L-38). Proposals that wait were tried against that one, so they
    go back to their authors. Refuses before its day."""
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    demand_next(scheme, SchemeState.IN_FORCE)
    if scheme.valid_from is None or scheme.valid_from > timezone.localdate(now):
        raise SchemeRefused(_("This scheme is approved for a later day."))
    for before in Scheme.objects.select_for_update().filter(state=SchemeState.IN_FORCE):
        _retire(before, by=by, now=now, reason=str(scheme))
    with audit.change(scheme, "scheme.in_force", by=by, at=now):
        scheme.state = SchemeState.IN_FORCE
        scheme.version += 1
        scheme.save(update_fields=["state", "version"])
    approvals.overtake(
        proposals=Approval.objects.filter(kind=KIND),
        reason=Sentence("scheme.another_in_force", {"scheme": str(scheme)}),
        by=by, now=now,
    )  # fmt: skip
    return scheme


@transaction.atomic
def retire_scheme(*, scheme_id: int, reason: str, by: Any, now: datetime) -> Scheme:
    """End a scheme without a successor. Past runs keep it and stay as they are (L-42)."""
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    demand_next(scheme, SchemeState.RETIRED)
    if not reason.strip():
        raise SchemeRefused(_("Please give a reason."))
    return _retire(scheme, by=by, now=now, reason=reason.strip())


def earliest_day(*, today: date) -> date:
    """From which day on a scheme submitted today may be in force (L-42): from tomorrow, so that no day is judged
    by two, and after the last published period. A bank's first scheme may be from today."""
    ruled = Scheme.objects.filter(state__in=[SchemeState.IN_FORCE, SchemeState.RETIRED]).exists()
    last = Run.objects.filter(state=RunState.PUBLISHED).order_by("-as_of").first()
    after = last.as_of + timedelta(days=1) if last else today
    return max(today + timedelta(days=1) if ruled else today, after)


def latest_day(*, today: date) -> date:
    """Until which day a scheme submitted today may begin: nobody approves what only another generation would see."""
    ahead = timedelta(days=int(parameters.value(LEAD_PARAMETER, on=today)))
    return max(today + ahead, earliest_day(today=today))


def day_refusal(valid_from: date | None, *, today: date) -> str:
    """Why a scheme submitted today cannot be in force from a day on; '' if it can, or where no day is stated yet."""
    earliest, latest = earliest_day(today=today), latest_day(today=today)
    if valid_from is None or earliest <= valid_from <= latest:
        return ""
    if valid_from < earliest:
        sentence = _("A scheme rules what is to come: it can be in force from %(day)s on at the earliest.")
        return sentence % {"day": formats.day(earliest)}
    return _("The first day can be %(day)s at the latest.") % {"day": formats.day(latest)}


def demand_next(scheme: Scheme, state: SchemeState) -> None:
    """Refuse a state that does not follow the one a scheme is in."""
    if state not in NEXT_SCHEME_STATE[SchemeState(scheme.state)]:
        raise SchemeRefused(
            _("This does not fit the state of the scheme: %(state)s.") % {"state": scheme.get_state_display()}
        )


def _draft(spec: Mapping[str, Any], *, code: str, name: str, basis: str, by: Any, now: datetime) -> Scheme:
    if not name.strip():
        raise SchemeRefused(_("Give the scheme a name."))
    number = (Scheme.objects.filter(code=code).aggregate(Max("number"))["number__max"] or 0) + 1
    read = analytics_scheme.from_dict({**spec, "code": code, "version": number})
    scheme = Scheme(
        code=code, name=name.strip(), number=number, cycle=read.cycle, spec=read.to_dict(), basis=basis,
        drafted_by=by, drafted_at=now, makers=[by.pk],
    )  # fmt: skip
    with audit.change(scheme, "scheme.drafted", by=by, at=now):
        scheme.save()
    return scheme


def _lock(code: str) -> None:
    """Let drafts of one code be made one after the other, so that no number is given twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{KIND}:{code}"])


def _retire(scheme: Scheme, *, by: Any, now: datetime, reason: str) -> Scheme:
    with audit.change(scheme, "scheme.retired", by=by, at=now, reason=reason):
        scheme.state, scheme.retired_on = SchemeState.RETIRED, timezone.localdate(now)
        scheme.version += 1
        scheme.save(update_fields=["state", "retired_on", "version"])
    return scheme


def _demand_sound(spec: analytics_scheme.SchemeSpec) -> None:
    blocking = [problem_in_words(problem) for problem in problems(spec) if problem.is_blocking]
    if blocking:
        raise SchemeHasProblems(blocking)


def _feeds_absent(coverage: analytics.Coverage) -> list[str]:
    return ["FEED_ABSENT"] if any(each.absent_feeds for each in coverage.indicators) else []
