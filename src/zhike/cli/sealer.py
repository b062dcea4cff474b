"""`zhike sealer`: chain the audit's events as they come."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

import click

from zhike.cli.session import enter
from zhike.run import roles
from zhike.run.children import stop_with_parent

PAUSE_SECONDS = 1.0


@click.command("sealer")
@click.option("--once", is_flag=True, help="Seal what is there and end.")
def command(once: bool) -> None:
    """Seal new audit events each second, and sign the head into the database and the witness file."""
    stop_with_parent()
    enter(roles.SEALER)
    from django.db import close_old_connections

    from zhike.core.operations import sealing

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while True:
        close_old_connections()
        while sealing.seal(now=datetime.now(UTC)):
            pass
        if once or stopping.wait(PAUSE_SECONDS):
            return
