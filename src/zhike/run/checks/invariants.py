"""Truths that must hold in the data, one SQL statement each, counting what breaks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import errors

from zhike.run.checks.findings import Check, Finding
from zhike.run.words import said

_HEADING = re.compile(r"^-- (?P<code>[a-z0-9_]+): (?P<claim>.+)$")


class MalformedInvariants(Exception):
    """The file does not follow its own form; the text says where."""


@dataclass(frozen=True)
class Invariant:
    """A truth, named, and the statement that counts its exceptions."""

    code: str
    claim: str
    query: str


def read_invariants(text: str | None = None) -> list[Invariant]:
    """The invariants of this release, from `zhike/run/invariants.sql`. Raises MalformedInvariants."""
    if text is None:
        text = files("zhike.run").joinpath("invariants.sql").read_text(encoding="utf-8")
    found: list[Invariant] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        heading, _, query = block.partition("\n")
        if all(line.startswith("--") for line in block.splitlines()) and not _HEADING.match(heading):
            continue  # a remark on the file
        match = _HEADING.match(heading)
        if match is None or not query.strip().endswith(";"):
            raise MalformedInvariants(f"Expected '-- code: claim' and one statement with ';' at: {heading}")
        found.append(Invariant(match["code"], match["claim"], query.strip()))
    return found


def check_invariants(connection: psycopg.Connection[Any], invariants: list[Invariant]) -> Iterator[Finding]:
    """Count the exceptions to each, as the owner, who sees every row. Changes nothing."""
    unasked: list[str] = []
    for invariant in invariants:
        try:
            with connection.transaction():
                connection.execute("SET TRANSACTION READ ONLY")
                row = connection.execute(invariant.query).fetchone()
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction):
            unasked.append(invariant.code)
            continue
        assert row is not None
        yield Check(
            invariant.code,
            claim=said("%(truth)s: no exception."),
            otherwise=said("%(truth)s: %(count)s exceptions."),
            advice=(
                said(
                    "Do not correct rows by hand: keep the evidence, and find the cause with the query "
                    "%(code)s in invariants.sql."
                )
            ),
        ).judge(row[0] == 0, truth=said(invariant.claim), count=row[0], code=invariant.code)
    yield Check(
        "database_at_release",
        claim=said("The database has the tables of this release."),
        otherwise=said(
            "The database lacks tables of this release, so %(count)s invariants could not be asked."
        ),
        advice=said("Run zhike migrate with this release, or use the release that the database belongs to."),
    ).judge(not unasked, count=len(unasked))
