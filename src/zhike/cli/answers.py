"""How commands answer: sentences for people on the terminal, one JSON object for programs with --json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")


def answer(payload: dict[str, Any], *, text: str, as_json: bool) -> None:
    """Print the answer in the asked form."""
    click.echo(json.dumps(payload, ensure_ascii=False) if as_json else text)


def operators_language(environ: Mapping[str, str]) -> str:
    """The language of the terminal, by its locale; English where that is none of ours."""
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    place = named.partition(".")[0].replace("-", "_").lower()
    if not place.startswith("zh"):
        return "en"
    return "zh-hant" if place.startswith(("zh_tw", "zh_hk", "zh_mo", "zh_hant")) else "zh-hans"


def progress(as_json: bool) -> Any:
    """Where lines for a waiting person go: beside the answer when a program reads it."""
    return lambda line: click.echo(line, err=as_json)


def refuse(error: Exception | str, *, as_json: bool, **details: Any) -> NoReturn:
    """Say why the command cannot do it, and leave with status 1."""
    if as_json:
        click.echo(json.dumps({"ok": False, "error": str(error), **details}, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)
    raise SystemExit(1)
