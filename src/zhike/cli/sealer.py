"""`zhike sealer`: chain the audit's events as they come."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime

import click

from zhike.cli.session import enter
from zhike.run import roles
from zhike.run.children import stop_with_parent

PAUSE_SECONDS = 1.0
WHOLE_SECONDS = 300.0
"""Between looks at the whole audit, for events of long transactions; otherwise only newer ones are asked for."""


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
    after, whole_at = None, -WHOLE_SECONDS
    while True:
        close_old_connections()
        if time.monotonic() - whole_at > WHOLE_SECONDS:
            after, whole_at = None, time.monotonic()
        while sealing.seal(now=datetime.now(UTC), after=after):
            pass
        if once or stopping.wait(PAUSE_SECONDS):
            return
        if after is None:
            after = sealing.newest_sealed()
