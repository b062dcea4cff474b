"""Studying value: from the committed facts into one row and one file, named by one commit (L-29, N-03, T-27, T-28)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from procrastinate.contrib.django import app

from zhike.analytics import value
from zhike.analytics.plan import months_before
from zhike.analytics.portrait import feeds_of
from zhike.core import audit
from zhike.core.faults import crash_point
from zhike.core.models import JobRun
from zhike.core.operations import jobs
from zhike.facts import api as facts
from zhike.insight.models import ValueStudy
from zhike.insight.operations import files
from zhike.insight.operations.portraits import ask_portrait
from zhike.insight.queries import value_studies

TASK = "insight.study_value"
_LOCK = 0x7A686976  # "zhiv": one study at a time is taken in
_KEPT = 2
"""Files kept: the current one, and the one before for who is reading it at this moment."""


def ask_study(*, now: datetime, asked_by: str = "") -> JobRun | None:
    """Have the worker study value, unless that is done or under way for this state of things. None where nothing was
    ever loaded."""
    snapshot = facts.snapshot()
    if snapshot.business_on is None:
        return None
    rules = value_studies.rules_on(snapshot.business_on)
    run, is_new = jobs.queue_run(
        job=value_studies.JOB,
        as_of=snapshot.business_on,
        key=value_studies.rests_on(snapshot, snapshot.business_on, rules)[:40],
        asked_by=asked_by,
        now=now,
    )
    if is_new:
        app.configure_task(TASK).defer(job_run_id=run.pk)
    return run


def study_value(*, now: datetime, tell: Callable[[str], None] = lambda step: None) -> ValueStudy | None:
    """Study the facts as they are loaded, as of their business date; the study there is, where it rests on the same.

    None where nothing was ever loaded. A process killed at any point leaves the study that was. The portrait is asked
    for anew, which takes the values in.
    """
    snapshot, kept = facts.snapshot(), value_studies.current()
    as_of = snapshot.business_on
    if as_of is None or not snapshot.batches:
        return None
    rules = value_studies.rules_on(as_of)
    basis = value_studies.rests_on(snapshot, as_of, rules)
    if kept is not None and kept.basis == basis and facts.full_path(kept.path).exists():
        return kept
    with facts.passing(files.FOLDER, files.BUILDING) as stem, facts.over(snapshot) as duck:
        tell("VALUE")
        feeds = feeds_of(duck, as_of, delivered=snapshot.delivered(since=months_before(as_of, 12)))
        built = facts.beside(stem, files.VALUE)
        found = value.study_value(duck, as_of, rules, built, feeds=feeds)
        duck.view("built", [built])
        made = ValueStudy(
            as_of=as_of,
            basis=basis,
            batches=list(snapshot.batches),
            code_version=value_studies.release(),
            rules=rules.plain(),
            found=found.plain(),
            sha256=facts.sha256_of(built),
            row_count=duck.fetch("SELECT COUNT(*) FROM built", {})[0][0],
            made_at=now,
        )
        crash_point("value.before_commit")
        return _take_in(made, built, now=now)


def _take_in(made: ValueStudy, built: Path, *, now: datetime) -> ValueStudy:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        made.path = files.take_in(built, files.VALUE)
        made.save(force_insert=True)
        kept = list(ValueStudy.objects.exclude(path="").order_by("-pk")[:_KEPT])
        ValueStudy.objects.exclude(pk__in=[each.pk for each in kept]).update(path="")
        audit.record(
            "value.studied", by=None, at=now, row=made,
            detail={"customers": made.row_count, "sha256": made.sha256},
        )  # fmt: skip
        ask_portrait(now=now)
        files.forget_all_but([each.path for each in kept], files.VALUE)
    return made
