"""`zhike worker`: do the jobs that pages and other jobs ask for."""

from __future__ import annotations

import logging
import threading
from typing import Any

import click

from zhike.cli.answers import told
from zhike.cli.session import enter
from zhike.run import roles
from zhike.run.children import stop_with_parent
from zhike.run.words import said

REAP_SECONDS = 20.0
log = logging.getLogger("zhike.worker")


@click.command(
    "worker", **told(said("Work on queued jobs until stopped; jobs of a killed worker are taken up again."))
)
@click.option("--concurrency", default=2, show_default=True, type=click.IntRange(1, 32))
def command(concurrency: int) -> None:
    stop_with_parent()
    enter(roles.WORKER, roles.LOADER)
    from procrastinate.contrib.django import app

    from zhike.core.operations.reaping import reap

    def keep_reaping() -> None:
        while not stopping.wait(REAP_SECONDS):
            count = reap()
            if count:
                log.warning("%s abandoned jobs were queued again", count)

    stopping = threading.Event()
    threading.Thread(target=keep_reaping, daemon=True, name="reaper").start()
    try:
        connector: Any = app.connector
        with app.replace_connector(connector.get_worker_connector()) as working:
            working.run_worker(
                concurrency=concurrency, install_signal_handlers=True, delete_jobs="successful"
            )
    finally:
        stopping.set()
