"""`zhike down`: stop what `zhike up` started on this home."""

from __future__ import annotations

import click

from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.run.home import find_home
from zhike.run.lock import stop_running
from zhike.run.progress import waiting
from zhike.run.words import said

WAIT_S_MAX = 660.0
"""A little longer than the database may take."""


@click.command("down", **told(said("Stop the installation that runs on this home, cleanly.")))
@json_option
def command(as_json: bool) -> None:
    home = find_home()
    try:
        with waiting(said("Stopping"), say=progress(as_json)):
            was_running = stop_running(home.lock, wait_s_max=WAIT_S_MAX)
    except TimeoutError as error:
        refuse(error, as_json=as_json, code="STILL_RUNNING")
    except PermissionError:
        text = said("Zhike runs there as another user. Run zhike down as that user.")
        refuse(text, as_json=as_json, code="NOT_PERMITTED")
    text = said("Stopped.") if was_running else said("Nothing was running on %(home)s.", home=home.root)
    answer({"ok": True, "was_running": was_running, "home": str(home.root)}, text=text, as_json=as_json)
