"""Entering the system from a command: the installation, the database roles to act as, Django, the language."""

from __future__ import annotations

import os
import pwd
from typing import NoReturn

import click

from zhike.cli.answers import refuse
from zhike.run.checks.folders import demand_closed_keys
from zhike.run.checks.keys import demand_own_keys
from zhike.run.environment import ADDRESS_VARIABLES, environment_for
from zhike.run.home import HomeUnusable, find_home
from zhike.run.servers import DatabaseUnusable, demand_database, find_server
from zhike.run.words import operators_language, said

ACCOUNT_LENGTH = 64
"""Longer than any account's name on Linux (32), and short enough for the audit."""


def enter_quietly(*roles: str, is_setting_up: bool = False) -> None:
    """`enter` for a command whose answer is all it prints, in the language of the terminal.

    Of the log only warnings come, unless ZHIKE_LOG asks for more.
    """
    os.environ.setdefault("ZHIKE_LOG", "WARNING")
    enter(*roles, is_setting_up=is_setting_up)
    from django.utils import translation

    translation.activate(operators_language(os.environ))


def enter(*roles: str, is_setting_up: bool = False) -> None:
    """Become a process of this installation that connects as `roles`, and set Django up.

    Ends the command with one sentence, and creates nothing, where there is no installation, where its folders or
    keys are not what they must be, or where its database does not answer, is empty or of another release.
    """
    os.environ.update(environment(*roles, is_setting_up=is_setting_up))
    import django

    django.setup()
    if not is_setting_up:
        demand_this_release()


def demand_this_release() -> None:
    """End the command with one sentence where the database is of another release than this program.

    Nothing is asked as a role that may not read which migrations were applied: the sealer and the auditor.
    """
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('django_migrations', 'SELECT')")
        if cursor.fetchone() != (True,):
            return
    loader = MigrationLoader(connection)
    ours, applied = set(loader.disk_migrations), set(loader.applied_migrations)
    if ours - applied:
        _refuse(
            said(
                "The database is of an older release. Bring it to this one: zhike migrate; zhike up does that too."
            ),
            code="OLDER_DATABASE",
        )
    rooms = {config.label for config in apps.get_app_configs() if config.name.startswith("zhike.")}
    if any(room in rooms for room, _ in applied - ours):  # a library may have merged its own
        _refuse(
            said("The database is of a later release than this program. Install the release that it is of."),
            code="LATER_DATABASE",
        )


def _refuse(why: Exception | str, **details: str) -> NoReturn:
    refuse(why, as_json=click.get_current_context().params.get("as_json", False), **details)


def environment(*roles: str, is_setting_up: bool = False) -> dict[str, str]:
    """The environment of a process that acts as `roles`, once its folders, keys and database are known to be there.

    With `is_setting_up` the database may be empty and, where a bank runs it, the folders are made.
    """
    home = find_home()
    variables = {role: ADDRESS_VARIABLES[role] for role in roles}
    is_handed = any(os.environ.get(name) for name in ("ZHIKE_DATABASE_URL", *variables.values()))
    try:
        if not (is_setting_up and is_handed):
            home.demand()
        home.prepare()
        demand_closed_keys(home)
        server = find_server(home)
        found = environment_for(*roles, home=home, server=server)
        for name in variables.values():
            own = None if os.environ.get(name) else server
            demand_database(found[name], variable=name, own=own, may_be_empty=is_setting_up)
        demand_own_keys(home.keys, found[variables[roles[0]]])
    except (HomeUnusable, DatabaseUnusable) as error:
        _refuse(error)
    return found


def who_runs_this() -> str:
    """The account on this machine, and who became root by sudo; not from LOGNAME, which anybody may set.

    SUDO_USER is a variable too: it counts only where the account is root, and names an account that exists.
    Whoever is root may still name another; the system's own log of sudo is the proof.
    """
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container may give its processes a number without an account
        name = f"uid {number}"
    before = _account(os.environ.get("SUDO_USER", "")) if number == 0 else ""
    return f"{name} (sudo by {before})" if before else name


def _account(name: str) -> str:
    """The name, where it is an account that can be written down; else nothing."""
    if not name.isprintable() or len(name) > ACCOUNT_LENGTH:
        return ""
    try:
        return pwd.getpwnam(name).pw_name
    except (KeyError, ValueError):
        return ""
