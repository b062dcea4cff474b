"""The `zhike` command: one module a command, imported only when it is called.

A module holds a click command named `command`. Its name here is what people type.
"""

from __future__ import annotations

import os
from importlib import import_module

import click

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
    "audit": "zhike.cli.audit",
    "keys": "zhike.cli.keys",
    "staff": "zhike.cli.staff",
}


class LazyGroup(click.Group):
    """A group whose commands cost nothing until they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zhike", message="%(version)s")
def main() -> None:
    """Zhike (知客): how a bank knows its customers, keeps them loyal and makes them satisfied."""
    os.umask(0o077)  # whatever we write is ours alone
