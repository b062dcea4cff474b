"""What every database needs after its migrations: grants, keys, and the shipped registers. Repeatable."""

from __future__ import annotations

from datetime import datetime

from zhike.core import calendar, grants, keys, parameters
from zhike.core.keys import ciphers, register
from zhike.core.keys.custody import custody


def install(*, now: datetime) -> None:
    """Bring grants, parameters, calendar and data keys up to what this version ships.

    Run by the owner right after `migrate`. What the bank has changed stays as it is. New data keys
    are of the profile in force (`ZHIKE_CRYPTOGRAPHY`); those of another stay for reading. Raises KeyUnusable when
    the keys folder is not the one this database was made with.
    """
    grants.apply("default")
    chosen = ciphers.profile()
    custody().install(now=now, digest=chosen.digest)
    parameters.load_shipped(now=now)
    calendar.load_shipped()
    register.write("default")
    keys.ensure_keys(register.purposes(), algorithm=chosen.cipher, now=now)
