"""`zhike sealer`: chain the audit's events as they come."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime

import click

from zhike.cli.answers import told
from zhike.cli.session import enter
from zhike.run import roles
from zhike.run.children import stop_with_parent
from zhike.run.words import said

PAUSE_SECONDS = 1.0
WHOLE_SECONDS = 10.0
WHOLE_SHARE = 20
"""Between looks at the whole audit, for events of long transactions and of numbers far from the others, lie ten
seconds, or twenty times as long as a look takes; otherwise only newer events are asked for."""


@click.command(
    "sealer",
    **told(
        said("Seal new audit events each second, and sign the head into the database and the witness file.")
    ),
)
@click.option("--once", is_flag=True, help=said("Seal what is there and end."))
def command(once: bool) -> None:
    stop_with_parent()
    enter(roles.SEALER)
    from django.db import close_old_connections

    from zhike.core.operations import sealing

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    after, whole_again_at = None, 0.0
    while True:
        close_old_connections()
        begun = time.monotonic()
        if begun >= whole_again_at:
            after = None
        while sealing.seal(now=datetime.now(UTC), after=after):
            pass
        if after is None:
            after = sealing.sealed_up_to()
            whole_again_at = begun + max(WHOLE_SECONDS, WHOLE_SHARE * (time.monotonic() - begun))
        if once or stopping.wait(PAUSE_SECONDS):
            return
