"""Whether there is a backup of late, and one that was proven by restoring it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import errors

from zhike.run.checks.findings import Check, Finding, Level
from zhike.run.words import said

LATEST = """
    SELECT extract(epoch FROM now() - max(recorded_at)) / %s FROM core_auditevent
     WHERE action = %s AND outcome = 'DONE'
"""
AT_MOST = """
    SELECT value::text::int FROM core_parameter
     WHERE code = %s AND scope = '' AND valid_from <= current_date ORDER BY valid_from DESC LIMIT 1
"""
HOUR_S, DAY_S = 3600, 86_400


def check_backups(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """The latest backup and the latest drill that the audit knows, against the ages that the bank allows."""
    try:
        with connection.transaction():
            hours, hours_max = _ask(connection, "backup.taken", HOUR_S, "backup.warn_hours")
            days, days_max = _ask(connection, "backup.drilled", DAY_S, "backup.drill_days")
    except (errors.UndefinedTable, errors.UndefinedColumn):
        return  # another release's database, which the invariants find
    yield Check(
        "backup_of_late",
        claim=said("The latest backup is %(age)s hours old."),
        otherwise=said("There is no backup of the last %(most)s hours."),
        advice=said("Run zhike backup FOLDER every night, and copy the folder to another place."),
        fails=Level.WARNING,
    ).judge(hours is not None and hours <= hours_max, age=f"{hours or 0:.0f}", most=hours_max)
    yield Check(
        "backup_proven",
        claim=said("A backup was restored on trial %(age)s days ago."),
        otherwise=said("No backup was restored on trial in the last %(most)s days."),
        advice=said("Run zhike backup FOLDER --drill: a backup counts once it has been restored."),
        fails=Level.WARNING,
    ).judge(days is not None and days <= days_max, age=f"{days or 0:.0f}", most=days_max)


def _ask(
    connection: psycopg.Connection[Any], action: str, unit_s: int, code: str
) -> tuple[float | None, int]:
    found = connection.execute(LATEST, [unit_s, action]).fetchone()
    most = connection.execute(AT_MOST, [code]).fetchone()
    assert found is not None
    return (None if found[0] is None else float(found[0])), most[0] if most else 0
