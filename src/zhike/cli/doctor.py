"""`zhike doctor`: whether the set-up is safe, and what to do where it is not."""

from __future__ import annotations

import click

from zhike.cli.answers import answer, json_option, refuse, told
from zhike.run.checks.findings import Finding, Level
from zhike.run.doctor import administrator_statements, examine
from zhike.run.home import HomeUnusable, find_home
from zhike.run.servers import find_server
from zhike.run.words import marked, said

MARKS = {Level.OK: marked("ok  "), Level.WARNING: marked("warn"), Level.FAILURE: marked("FAIL")}


@click.command(
    "doctor",
    **told(said("Say whether this set-up is safe. Exit status 1 if anything fails; warnings do not count.")),
)
@click.option(
    "--sql", "as_sql", is_flag=True, help=said("Print what a database administrator must run, no more.")
)
@json_option
def command(as_sql: bool, as_json: bool) -> None:
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
        lines.append(f"{said(MARKS[one.level])}  {one.sentence()}")
        if one.level is not Level.OK:
            lines.append(f"      {one.what_to_do()}")
    counts = {level: sum(one.level is level for one in findings) for level in Level}
    lines.append(
        said(
            "%(right)s right, %(consider)s to consider, %(repair)s to repair.",
            right=counts[Level.OK],
            consider=counts[Level.WARNING],
            repair=counts[Level.FAILURE],
        )
    )
    return "\n".join(lines)
