"""Entering the system from a command: the installation, the database roles to act as, Django."""

from __future__ import annotations

import os

import click

from zhike.cli.answers import refuse
from zhike.run.checks.folders import demand_closed_keys
from zhike.run.checks.keys import demand_own_keys
from zhike.run.environment import ADDRESS_VARIABLES, environment_for
from zhike.run.home import HomeUnusable, find_home
from zhike.run.servers import find_server


def enter_quietly(*roles: str) -> None:
    """`enter` for a command whose answer is all it prints: of the log only warnings, unless ZHIKE_LOG asks for more."""
    os.environ.setdefault("ZHIKE_LOG", "WARNING")
    enter(*roles)


def enter(*roles: str) -> None:
    """Become a process of this installation that connects as `roles`, and set Django up.

    The database must be running: `zhike up` runs it, or a bank does. Ends the command with the reason where a
    folder cannot be used, or where the keys are not those of the database.
    """
    os.environ.update(environment(*roles))
    import django

    django.setup()


def environment(*roles: str) -> dict[str, str]:
    """The environment of a process that acts as `roles`, once its keys are known to be the database's own."""
    try:
        home = find_home()
        home.prepare()
        demand_closed_keys(home)
        found = environment_for(*roles, home=home, server=find_server(home))
        demand_own_keys(home.keys, found[ADDRESS_VARIABLES[roles[0]]])
    except HomeUnusable as error:
        refuse(error, as_json=click.get_current_context().params.get("as_json", False))
    return found
