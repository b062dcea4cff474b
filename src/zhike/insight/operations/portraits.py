"""Making the portrait: from the committed facts and the sources into one file, named by one commit (S-54, L-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from procrastinate.contrib.django import app

from zhike.analytics import portrait as analytics
from zhike.analytics.engine import DuckEngine
from zhike.analytics.plan import months_before
from zhike.analytics.portrait import Kind
from zhike.core import audit, hearing, parameters
from zhike.core.faults import crash_point
from zhike.core.models import JobRun
from zhike.core.operations import jobs
from zhike.facts import api as facts
from zhike.insight.models import Portrait
from zhike.insight.operations import files
from zhike.insight.queries import portraits, sources

JOB = "insight.portrait"
TASK = "insight.build_portrait"
REBUILT = hearing.topic("insight.portrait_rebuilt")
"""Told with `portrait` and `now` when a new portrait has been committed."""
_LOCK = 0x7A686970  # "zhip": one portrait at a time is taken in
_KEPT = 2
"""Files kept: the current one, and the one before for who is reading it at this moment."""
_MOST_WORDS = 200


class Unsound(Exception):
    """A portrait that has not each customer once is not taken in."""


def ask_portrait(*, now: datetime, **_told: Any) -> JobRun | None:
    """Have the worker make the portrait anew, unless that is done or under way for this state of things.

    Hears of loads and of publications. None where nothing was ever loaded.
    """
    snapshot = facts.snapshot()
    if snapshot.business_on is None:
        return None
    run, is_new = jobs.queue_run(
        job=JOB,
        as_of=snapshot.business_on,
        key=portraits.rests_on(snapshot, snapshot.business_on)[:40],
        asked_by="",
        now=now,
    )
    if is_new:
        app.configure_task(TASK).defer(job_run_id=run.pk)
    return run


def build_portrait(
    *, now: datetime, tell: Callable[[str], None] = lambda step: None, as_of: date | None = None
) -> Portrait | None:
    """Make the portrait of the facts as they are loaded; the one there is, where it rests on the same.

    It is as of their business date, or of an earlier day, from what is known of that day now. None where nothing was
    ever loaded. A process killed at any point leaves the portrait that was. Raises Unsound.
    """
    snapshot = facts.snapshot()
    as_of, kept = as_of or snapshot.business_on, portraits.current()
    if as_of is None or not snapshot.batches:
        return None
    resting = portraits.rests_on(snapshot, as_of)
    if kept is not None and kept.basis == resting and facts.full_path(kept.path).exists():
        return kept
    with facts.passing(files.FOLDER, files.BUILDING) as stem, facts.over(snapshot) as duck:
        tell("SOURCES")
        provided = [(source, source.provide(stem, as_of)) for source in sources.registered()]
        tell("PORTRAIT")
        made_of = [analytics.Source(source.code, source.fields, each.paths) for source, each in provided]
        feeds = analytics.feeds_of(duck, as_of, delivered=snapshot.delivered(since=months_before(as_of, 12)))
        built = facts.beside(stem, "portrait")
        analytics.build(duck, as_of, built, feeds=feeds, sources=made_of)
        portrait = Portrait(
            as_of=as_of, basis=resting, batches=list(snapshot.batches), feeds=sorted(feeds),
            sources=[
                {"code": source.code, "as_of": each.as_of.isoformat() if each.as_of else None, "label": each.label}
                for source, each in provided
            ],
            made_at=now,
            **_figures(duck, built, made_of, as_of),
        )  # fmt: skip
        portrait.sha256 = facts.sha256_of(built)
        crash_point("portrait.before_commit")
        return _take_in(portrait, built, now=now)


def _figures(
    duck: DuckEngine, built: Path, made_of: Sequence[analytics.Source], as_of: date
) -> dict[str, Any]:
    """Rows, how many customers have each field, and the words that may be offered: none that tells of a few."""
    duck.view("built", [built])
    fields = analytics.catalogue(made_of)
    counts = ", ".join(f"COUNT({field.column})" for field in fields.values())
    rows, customers, *known = duck.fetch(
        f"SELECT COUNT(*), COUNT(DISTINCT customer_id), {counts} FROM built", {}
    )[0]
    if rows != customers:
        raise Unsound(f"{rows} rows for {customers} customers")
    least = int(parameters.value("analytics.min_cell", on=as_of))
    words = {
        field.code: [word for (word,) in duck.fetch(
            f"SELECT {field.column} FROM built WHERE {field.column} IS NOT NULL GROUP BY 1"
            f" HAVING COUNT(*) >= :least ORDER BY COUNT(*) DESC, 1 LIMIT {_MOST_WORDS}", {"least": least})]
        for field in fields.values() if field.kind is Kind.WORD
    }  # fmt: skip
    return {"row_count": rows, "known": dict(zip(fields, known, strict=True)), "words": words}


def _take_in(portrait: Portrait, built: Path, *, now: datetime) -> Portrait | None:
    """Name the file in one commit. What was overtaken while it was made is given up: the newer one is on its way."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if portraits.rests_on(facts.snapshot(), portrait.as_of) != portrait.basis:
            return portraits.current()
        portrait.path = files.take_in(built)
        portrait.save(force_insert=True)
        kept = list(Portrait.objects.exclude(path="").order_by("-pk")[:_KEPT])
        Portrait.objects.exclude(pk__in=[each.pk for each in kept]).update(path="")
        audit.record(
            "portrait.made", by=None, at=now, row=portrait,
            detail={"customers": portrait.row_count, "sha256": portrait.sha256},
        )  # fmt: skip
        hearing.tell(REBUILT, portrait=portrait, now=now)
        files.forget_all_but([each.path for each in kept])
    return portrait
