"""The `zhike` command: one module a command, imported only when it is called.

A module holds a click command named `command`. Its name here is what people type.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoSuchCommand

from zhike.cli.answers import told
from zhike.cli.clicks import speak_the_operators_language
from zhike.run.words import said

COMMANDS = {
    "up": "zhike.cli.up",
    "down": "zhike.cli.down",
    "web": "zhike.cli.web",
    "migrate": "zhike.cli.migrate",
    "doctor": "zhike.cli.doctor",
    "worker": "zhike.cli.worker",
    "sealer": "zhike.cli.sealer",
    "demo": "zhike.cli.demo",
    "import": "zhike.cli.imports",
    "evaluate": "zhike.cli.evaluate",
    "backup": "zhike.cli.backup",
    "restore": "zhike.cli.restore",
    "audit": "zhike.cli.audit",
    "keys": "zhike.cli.keys",
    "staff": "zhike.cli.staff",
}


class LazyGroup(click.Group):
    """A group whose commands cost nothing until they run."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run; where a program asked with --json, it reads also a mistake in the words it gave as JSON. Status 2."""
        speak_the_operators_language()
        words = list(sys.argv[1:] if args is None else args)
        if "--json" not in words:
            return super().main(words, *rest, **extra)
        try:
            status = super().main(words, *rest, **{**extra, "standalone_mode": False})
        except click.ClickException as error:
            payload = {"ok": False, "code": "USAGE", "error": error.format_message()}
            click.echo(json.dumps(payload, ensure_ascii=False))
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(1)
        sys.exit(status if isinstance(status, int) else 0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, which finds what was probably meant once it knows the names."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    **told(said("Zhike (知客): how a bank knows its customers, keeps them loyal and makes them satisfied.")),
)
@click.version_option(package_name="zhike", message="%(version)s", help=said("Show the version and exit."))
def main() -> None:
    os.umask(0o077)  # whatever we write is ours alone
