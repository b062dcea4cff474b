"""Named points at which a test may kill the process; without a test they do nothing."""

from __future__ import annotations

import os

_armed = os.environ.get("ZHIKE_CRASH_POINT", "")


def crash_point(name: str) -> None:
    """End the process here, as a power cut would, if the test has armed this name."""
    if _armed and _armed == name:
        os._exit(137)
