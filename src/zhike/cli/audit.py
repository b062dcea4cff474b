"""`zhike audit verify`: is the audit the one that was written?"""

from __future__ import annotations

from dataclasses import asdict

import click

from zhike.cli.answers import answer, json_option
from zhike.cli.session import enter_quietly
from zhike.run import roles


@click.group("audit")
def command() -> None:
    """The audit trail."""


@command.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Recompute the chain of the audit and hold it against its checkpoints and the witness file."""
    enter_quietly(roles.AUDITOR)
    from zhike.core.operations import sealing

    verdict = sealing.verify()
    lines = [f"{verdict.events:,} events, {verdict.sealed:,} sealed, {verdict.checkpoints:,} checkpoints."]
    lines += ["The audit is whole."] if verdict.ok else [f"  {problem}" for problem in verdict.problems]
    answer({"ok": verdict.ok, **asdict(verdict)}, text="\n".join(lines), as_json=as_json)
    if not verdict.ok:
        raise SystemExit(1)
