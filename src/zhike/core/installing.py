"""What every database needs after its migrations: grants, keys, and the shipped registers. Repeatable."""

from __future__ import annotations

from datetime import datetime

from zhike.core import calendar, grants, keys, parameters
from zhike.core.keys.custody import custody

KEY_PURPOSES = ("customer", "rejects", "second-factor")


def install(*, now: datetime, algorithm: str = "AES-256-GCM") -> None:
    """Bring grants, parameters, calendar and data keys up to what this version ships.

    Run by the owner right after `migrate`. What the bank has changed stays as it is. Raises KeyUnusable when
    the keys folder is not the one this database was made with.
    """
    grants.apply("default")
    custody().install(now=now)
    parameters.load_shipped(now=now)
    calendar.load_shipped()
    keys.ensure_keys(KEY_PURPOSES, algorithm=algorithm, now=now)
