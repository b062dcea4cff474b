"""Recording who is in a segment on a day: the worker asks the portrait, the loader keeps what changed (M-30).

Members are intervals. A snapshot ends those of who has left and opens those of who has come; one of the same day taken
again begins from the state before that day, so that no number counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from procrastinate.contrib.django import app

from zhike.analytics import members
from zhike.analytics.engine import DuckEngine
from zhike.analytics.members import Asked
from zhike.core.models import AuditEvent, JobRun
from zhike.core.operations import jobs
from zhike.facts import api as facts
from zhike.insight.enums import SegmentState, VersionState
from zhike.insight.models import ChurnWarning, Membership, Portrait, Segment, SegmentVersion, Snapshot
from zhike.insight.operations import files
from zhike.insight.queries import portraits, reach
from zhike.insight.queries.sources import fields

JOB = "insight.snapshot"
TASK = "insight.take_snapshot"
LOADER = "loader"
_BLOCK = 2**20
_CLOSED_AT_ONCE = 50_000
_MEMBERS = (("customer_id", "BIGINT"), ("number", "BIGINT"), ("outlet_id", "BIGINT"))


def ask_snapshot(*, segment: Segment, now: datetime) -> JobRun | None:
    """Have the worker record who is in a segment now; None where there is no portrait yet, whose making asks again."""
    portrait, version = portraits.current(), _version_of(segment.pk)
    if portrait is None or version is None:
        return None
    run, is_new = jobs.queue_run(
        job=JOB,
        as_of=portrait.as_of,
        key=f"{segment.pk}.{version.number}.{portrait.pk}",
        asked_by="",
        now=now,
    )
    if is_new:
        app.configure_task(TASK).defer(job_run_id=run.pk, segment_id=segment.pk)
    return run


def ask_snapshots(*, now: datetime, **_told: Any) -> None:
    """Have every segment in force recorded anew; hears of new portraits."""
    for segment in Segment.objects.filter(state=SegmentState.IN_FORCE).order_by("pk"):
        ask_snapshot(segment=segment, now=now)


def take_snapshot(*, segment_id: int, now: datetime) -> Snapshot | None:
    """Record who is in a segment by the portrait there is. Safe to repeat.

    None for a segment without a rule in force, and where a later day is recorded already: history is not rewritten.
    """
    segment = Segment.objects.select_related("unit", "owner").get(pk=segment_id)
    portrait, version = portraits.current(), _version_of(segment_id)
    if portrait is None or version is None or segment.state != SegmentState.IN_FORCE:
        return None
    outlets = reach.outlets_of(segment)
    with facts.passing(files.FOLDER, files.BUILDING) as stem, facts.engine() as duck:
        duck.view(members.VIEW, [facts.full_path(portrait.path)])
        found = facts.beside(stem, "members")
        members.written(duck, Asked(version.definition, fields(), portrait.as_of, outlets), found)
        with transaction.atomic(using=LOADER):
            _hold(segment_id)
            if Snapshot.objects.using(LOADER).filter(segment=segment_id, as_of__gt=portrait.as_of).exists():
                return None
            return _record(duck, version, portrait, found, now=now)


def _record(
    duck: DuckEngine, version: SegmentVersion, portrait: Portrait, found: Path, *, now: datetime
) -> Snapshot:
    segment_id, as_of = version.segment_id, portrait.as_of
    _begin_the_day_anew(segment_id, as_of)
    duck.table("was", _MEMBERS, ())
    _copy_out(duck, segment_id, found.with_suffix(".csv"))
    duck.view("now_in", [found])
    _close(duck, segment_id, as_of, version.number)
    _open(duck, version, as_of, found.with_suffix(".new.csv"))
    _follow_outlets(segment_id)
    rows = duck.fetch(
        """SELECT COALESCE(n.outlet_id, w.outlet_id), COUNT(n.customer_id),
                  COUNT(CASE WHEN w.customer_id IS NULL THEN 1 END), COUNT(CASE WHEN n.customer_id IS NULL THEN 1 END)
             FROM now_in n FULL JOIN was w ON w.customer_id = n.customer_id GROUP BY 1 ORDER BY 1""",
        {},
    )
    Snapshot.objects.using(LOADER).filter(segment=segment_id, as_of=as_of).delete()
    made = Snapshot.objects.using(LOADER).create(
        segment_id=segment_id, number=version.number, as_of=as_of, made_at=now,
        member_count=sum(row[1] for row in rows), came_count=sum(row[2] for row in rows),
        left_count=sum(row[3] for row in rows),
        outlets={str(outlet): list(counts) for outlet, *counts in rows if outlet is not None},
    )  # fmt: skip
    AuditEvent.objects.using(LOADER).create(
        actor="system", action="segment.recorded", object_type="insight.segment", object_id=str(segment_id),
        object_label=str(version), acted_at=now,
        detail={"members": made.member_count, "came": made.came_count, "left": made.left_count},
    )  # fmt: skip
    return made


def _begin_the_day_anew(segment_id: int, as_of: date) -> None:
    _execute("DELETE FROM insight_membership WHERE segment_id = %s AND from_on = %s", [segment_id, as_of])
    _execute(
        "UPDATE insight_membership SET to_on = NULL WHERE segment_id = %s AND to_on = %s", [segment_id, as_of]
    )


def _copy_out(duck: DuckEngine, segment_id: int, path: Path) -> None:
    statement = (
        "COPY (SELECT customer_id, number, outlet_id FROM insight_membership"
        f" WHERE segment_id = {int(segment_id)} AND to_on IS NULL) TO STDOUT (FORMAT csv)"
    )
    with connections[LOADER].cursor() as cursor, cursor.copy(statement) as copy, path.open("wb") as file:
        for block in copy:
            file.write(block)
    if path.stat().st_size:
        duck.connection.execute(f"COPY was FROM '{path}' (FORMAT csv, HEADER false)")


def _close(duck: DuckEngine, segment_id: int, as_of: date, number: int) -> None:
    """End who has left, and who stays by another version, whose next interval begins the same day."""
    leaving = duck.connection.execute(
        "SELECT customer_id FROM was WHERE number <> $number"
        " OR customer_id NOT IN (SELECT customer_id FROM now_in) ORDER BY 1",
        {"number": number},
    )
    while few := leaving.fetchmany(_CLOSED_AT_ONCE):
        _execute(
            "UPDATE insight_membership SET to_on = %s"
            " WHERE segment_id = %s AND to_on IS NULL AND customer_id = ANY(%s)",
            [as_of, segment_id, [customer_id for (customer_id,) in few]],
        )


def _open(duck: DuckEngine, version: SegmentVersion, as_of: date, path: Path) -> None:
    duck.connection.execute(
        f"COPY (SELECT CAST({int(version.segment_id)} AS BIGINT), customer_id, COALESCE(outlet_id, 0),"
        f" CAST({int(version.number)} AS BIGINT), DATE '{as_of:%Y-%m-%d}' FROM now_in WHERE customer_id NOT IN"
        f" (SELECT customer_id FROM was WHERE number = {int(version.number)})) TO '{path}' (FORMAT csv, HEADER false)"
    )
    statement = "COPY insight_membership (segment_id, customer_id, outlet_id, number, from_on) FROM STDIN (FORMAT csv)"
    with connections[LOADER].cursor() as cursor, cursor.copy(statement) as copy, path.open("rb") as rows:
        while block := rows.read(_BLOCK):
            copy.write(block)


def _follow_outlets(segment_id: int) -> None:
    """Customers may have moved since the portrait was made; row-level security follows the customer file."""
    _execute(
        "UPDATE insight_membership m SET outlet_id = c.outlet_id FROM customers_customer c"
        " WHERE c.id = m.customer_id AND m.segment_id = %s AND m.to_on IS NULL AND m.outlet_id <> c.outlet_id",
        [segment_id],
    )


def follow_moves(*, customer_ids: Sequence[int], using: str) -> None:
    """Bring the rows of these customers to the outlet of the customer file, in the transaction of `using`.

    Called while an import loads, and recorded with it. Safe to repeat.
    """
    with connections[using].cursor() as cursor:
        for model in (Membership, ChurnWarning):
            cursor.execute(
                f"UPDATE {model._meta.db_table} t SET outlet_id = c.outlet_id FROM customers_customer c"
                " WHERE c.id = t.customer_id AND c.id = ANY(%s) AND t.outlet_id <> c.outlet_id",
                [list(customer_ids)],
            )


def _hold(segment_id: int) -> None:
    """One recording of a segment at a time."""
    _execute("SELECT pg_advisory_xact_lock(hashtext('insight.snapshot'), %s)", [segment_id])


def _version_of(segment_id: int) -> SegmentVersion | None:
    return SegmentVersion.objects.filter(segment=segment_id, state=VersionState.IN_FORCE).first()


def _execute(statement: str, values: Sequence[Any]) -> None:
    with connections[LOADER].cursor() as cursor:
        cursor.execute(statement, list(values))
