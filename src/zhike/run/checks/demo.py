"""Whether made-up people, whose codes everybody is shown, reach anything but the made-up bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import errors

from zhike.run.checks.findings import Check, Finding, Level
from zhike.run.words import marked, said

MAPPING = "tianhua"  # the demo's own, by whose extracts it is loaded
PEOPLE = "SELECT count(*) FROM staff_staff WHERE is_made_up AND is_active"
OTHERS = """
    SELECT count(*) FROM facts_importbatch WHERE state = 'LOADED' AND mapping <> %s
       AND (counts = '{}' OR EXISTS (SELECT 1 FROM jsonb_each(counts) AS brought(name, rows)
                                      WHERE name <> 'events' AND (rows->>'offered')::bigint > 0))
"""
"""Events alone bring nobody: they are about the made-up customers who are there."""
ADVICE = marked("For a bank of your own: zhike up --empty, with ZHIKE_HOME and ZHIKE_KEYS of its own.")


def check_demo(connection: psycopg.Connection[Any], *, environ: Mapping[str, str]) -> Iterator[Finding]:
    """A demo is to be considered; one beside other data, or that others reach by TLS, is to be repaired."""
    try:
        with connection.transaction():
            people, others = _count(connection, PEOPLE), _count(connection, OTHERS, MAPPING)
    except (errors.UndefinedTable, errors.UndefinedColumn):
        return  # another release's database, which the invariants find
    yield Check(
        "no_made_up_people",
        claim=said("No made-up person can sign in."),
        otherwise=said(
            "%(count)s made-up people can sign in, with codes that the sign-in page shows to everybody."
        ),
        advice=said(ADVICE),
        fails=Level.WARNING,
    ).judge(people == 0, count=people)
    yield Check(
        "made_up_people_apart",
        claim=said("Made-up people reach no other data than the made-up bank's."),
        otherwise=said("Made-up people can sign in beside %(others)s loads of other data."),
        advice=said("Close their accounts on the page of accounts. %(advice)s", advice=said(ADVICE)),
    ).judge(not (people and others), others=others)
    behind_tls = environ.get("ZHIKE_TLS", "0").lower() in {"1", "true", "yes", "on"}
    yield Check(
        "made_up_people_local",
        claim=said("Made-up people sign in on this machine only."),
        otherwise=said("ZHIKE_TLS is set, so others reach the made-up bank, whose codes everybody is shown."),
        advice=said(ADVICE),
    ).judge(not (people and behind_tls))


def _count(connection: psycopg.Connection[Any], query: str, *parameters: str) -> int:
    row = connection.execute(query, parameters or None).fetchone()
    assert row is not None
    return int(row[0])
