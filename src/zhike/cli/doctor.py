"""`zhike doctor`: whether the set-up is safe, and what to do where it is not."""

from __future__ import annotations

import click

from zhike.cli.answers import answer, json_option, refuse
from zhike.run.checks.findings import Finding, Level
from zhike.run.doctor import administrator_statements, examine
from zhike.run.home import HomeUnusable, find_home
from zhike.run.servers import find_server

MARKS = {Level.OK: "ok  ", Level.WARNING: "warn", Level.FAILURE: "FAIL"}


@click.command("doctor")
@click.option("--sql", "as_sql", is_flag=True, help="Print what a database administrator must run, no more.")
@json_option
def command(as_sql: bool, as_json: bool) -> None:
    """Say whether this set-up is safe. Exit status 1 if anything fails; warnings do not count."""
    home = find_home()
    try:
        if as_sql:
            click.echo(administrator_statements(home), nl=False)
            return
        findings = list(examine(home, find_server(home)))
    except HomeUnusable as error:
        refuse(error, as_json=as_json)
    failures = [one for one in findings if one.level is Level.FAILURE]
    payload = {"ok": not failures, "findings": [_as_json(one) for one in findings]}
    answer(payload, text=_as_text(findings), as_json=as_json)
    if failures:
        raise SystemExit(1)


def _as_json(one: Finding) -> dict[str, object]:
    return {
        "code": one.code,
        "level": one.level.value,
        "sentence": one.sentence(),
        "advice": one.what_to_do(),
        "details": {key: str(value) for key, value in one.details.items()},
    }


def _as_text(findings: list[Finding]) -> str:
    lines = []
    for one in findings:
        lines.append(f"{MARKS[one.level]}  {one.sentence()}")
        if one.level is not Level.OK:
            lines.append(f"      {one.what_to_do()}")
    counts = {level: sum(one.level is level for one in findings) for level in Level}
    lines.append(
        f"{counts[Level.OK]} right, {counts[Level.WARNING]} to consider, {counts[Level.FAILURE]} to repair."
    )
    return "\n".join(lines)
