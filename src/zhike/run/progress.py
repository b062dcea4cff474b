"""Lines for a person who waits: nothing for what is quick, a sign of life for what is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zhike.run.words import said

FIRST_LINE_AFTER_S = 2.0
NEXT_LINE_EVERY_S = 10.0

Say = Callable[[str], None]


@contextmanager
def waiting(title: str, *, say: Say) -> Iterator[None]:
    """Say what is going on once it takes longer than two seconds, again every ten, and when it is done."""
    started = time.monotonic()
    finished = threading.Event()

    def tick() -> None:
        if finished.wait(FIRST_LINE_AFTER_S):
            return
        say(f"{title} …")
        while not finished.wait(NEXT_LINE_EVERY_S):
            say(f"{title} … {time.monotonic() - started:.0f} s")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        finished.set()
        ticker.join()
    elapsed = time.monotonic() - started
    if elapsed > FIRST_LINE_AFTER_S:
        say(said("%(title)s: done in %(elapsed)s s", title=title, elapsed=f"{elapsed:.0f}"))
