"""`zhike audit verify`: is the audit the one that was written?"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from zhike.cli.answers import answer, json_option, told
from zhike.cli.session import enter_quietly, who_runs_this
from zhike.run import roles
from zhike.run.words import said


@click.group("audit", cls=click.Group, **told(said("The audit trail.")))
def command() -> None:
    """The commands for the audit."""


@command.command(
    "verify",
    **told(
        said(
            "Recompute the chain of the audit and hold it against its checkpoints and the witness "
            "file.\n\nThe verdict is noted in the audit, with your name on this machine; the page of the "
            "audit tells the latest."
        )
    ),
)
@json_option
def verify(as_json: bool) -> None:
    enter_quietly(roles.AUDITOR)
    from django.db import DatabaseError

    from zhike.core.operations import sealing
    from zhike.staff.api import Operator

    verdict = sealing.verify()
    payload = {
        "ok": verdict.ok,
        "events": verdict.events,
        "sealed": verdict.sealed,
        "checkpoints": verdict.checkpoints,
        "problems": [{**one.as_detail(), "sentence": one.sentence()} for one in verdict.problems],
    }
    answer(payload, text="\n".join(verdict.in_words()), as_json=as_json)
    try:
        sealing.record_verdict(verdict, by=Operator(name=who_runs_this()), now=datetime.now(UTC))
    except DatabaseError as error:  # a copy that only reads, a full disk: the verdict is told all the same
        click.echo(
            said("The verdict could not be noted in the audit: %(error)s", error=str(error).rstrip()),
            err=True,
        )
    if not verdict.ok:
        raise SystemExit(1)
