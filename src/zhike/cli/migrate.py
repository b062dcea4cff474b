"""`zhike migrate`: bring database and static files to this release."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from zhike.cli.answers import answer, json_option, told
from zhike.cli.session import enter_quietly
from zhike.run import roles
from zhike.run.children import stop_with_parent
from zhike.run.words import said


@click.command(
    "migrate",
    **told(
        said("Bring the database and the static files to this release, acting as the owner. Safe to repeat.")
    ),
)
@json_option
def command(as_json: bool) -> None:
    stop_with_parent()
    enter_quietly(roles.OWNER, is_setting_up=True)  # as the only address, also Django's default
    bring_to_this_release()
    answer({"ok": True}, text=said("Database and static files are at this release."), as_json=as_json)


def bring_to_this_release() -> None:
    """Migrations, what every database needs after them, and the static files. As the owner."""
    from django.core.management import call_command

    from zhike.core.installing import install

    call_command("migrate", interactive=False, verbosity=0)
    install(now=datetime.now(UTC))
    call_command("collectstatic", interactive=False, verbosity=0)
