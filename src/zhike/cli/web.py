"""`zhike web`: the pages and the API, served by granian."""

from __future__ import annotations

import os
import sys

import click

from zhike.cli.answers import told
from zhike.cli.session import enter, environment
from zhike.run import roles
from zhike.run.children import PARENT_VARIABLE, stop_with_parent
from zhike.run.words import said


@click.command(
    "web",
    **told(said("Serve the pages and the API until stopped. The database must be running and migrated.")),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=said("Address to listen on."))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help=said("Processes."))
@click.option(
    "--threads", default=4, show_default=True, type=click.IntRange(1, 64), help=said("Threads of each.")
)
def command(host: str, port: int, workers: int, threads: int) -> None:
    environ = environment(roles.APP)
    if PARENT_VARIABLE not in os.environ:  # `zhike up` has just brought the database to this release
        enter(roles.APP)
    stop_with_parent()
    os.execve(  # noqa: S606 - one process for the supervisor to watch, not two
        sys.executable,
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws",
            "--host", host, "--port", str(port),
            "--workers", str(workers), "--blocking-threads", str(threads),
            "--respawn-failed-workers", "--workers-kill-timeout", "20",
            "--log-level", "warning",
            "zhike.config.wsgi:application",
        ],
        environ,
    )  # fmt: skip
