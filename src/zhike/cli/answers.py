"""How commands answer: sentences for people on the terminal, one JSON object for programs with --json."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import click

from zhike.run.words import said

json_option = click.option("--json", "as_json", is_flag=True, help=said("Answer with one JSON object."))


def answer(payload: dict[str, Any], *, text: str, as_json: bool) -> None:
    """Print the answer in the asked form."""
    click.echo(json.dumps(payload, ensure_ascii=False) if as_json else text)


def progress(as_json: bool) -> Any:
    """Where lines for a waiting person go: beside the answer when a program reads it."""
    return lambda line: click.echo(line, err=as_json)


def refuse(error: Exception | str, *, as_json: bool, **details: Any) -> NoReturn:
    """Say why the command cannot do it, and leave with status 1.

    A program goes by `code`, which is the same in every language; REFUSED is what the bank's rules refuse.
    """
    if as_json:
        code = getattr(error, "code", "REFUSED")
        payload = {"ok": False, "code": str(code), "error": str(error), **details}
        click.echo(json.dumps(payload, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)
    raise SystemExit(1)


def told(text: str) -> dict[str, Any]:
    """What --help says of a command, by itself and, as its first sentence, in the list of commands."""
    first = re.match(r".*?(?:\.(?=\s|$)|。|$)", text)
    return {"help": text, "short_help": first[0] if first else text}
