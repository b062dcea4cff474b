"""How commands answer: sentences for people on the terminal, one JSON object for programs with --json."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")


def answer(payload: dict[str, Any], *, text: str, as_json: bool) -> None:
    """Print the answer in the asked form."""
    click.echo(json.dumps(payload, ensure_ascii=False) if as_json else text)


def progress(as_json: bool) -> Any:
    """Where lines for a waiting person go: beside the answer when a program reads it."""
    return lambda line: click.echo(line, err=as_json)


def refuse(error: Exception, *, as_json: bool, **details: Any) -> NoReturn:
    """Say why the command cannot do it, and leave with status 1."""
    if as_json:
        click.echo(json.dumps({"ok": False, "error": str(error), **details}, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)
    raise SystemExit(1)
