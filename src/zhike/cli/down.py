"""`zhike down`: stop what `zhike up` started on this home."""

from __future__ import annotations

import click

from zhike.cli.answers import answer, json_option, progress, refuse
from zhike.run.home import find_home
from zhike.run.lock import stop_running
from zhike.run.progress import waiting

WAIT_S_MAX = 660.0
"""A little longer than the database may take."""


@click.command("down")
@json_option
def command(as_json: bool) -> None:
    """Stop the installation that runs on this home, cleanly."""
    home = find_home()
    try:
        with waiting("Stopping", say=progress(as_json)):
            was_running = stop_running(home.lock, wait_s_max=WAIT_S_MAX)
    except (TimeoutError, PermissionError) as error:
        refuse(error, as_json=as_json)
    text = "Stopped." if was_running else f"Nothing was running on {home.root}."
    answer({"ok": True, "was_running": was_running, "home": str(home.root)}, text=text, as_json=as_json)
