"""When the machine has no room left: told apart from faults of ours and from what the files are."""

from __future__ import annotations

import errno

import duckdb

from zhike.facts.intake.refusals import ExtractFault, ExtractRefused

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DATABASE_FULL = "53100"
"""PostgreSQL's own code (SQLSTATE, "disk_full")."""


def is_disk_full(error: BaseException) -> bool:
    """Whether something could not be written for want of room: a file of ours, DuckDB's or the database's."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    if isinstance(error, duckdb.IOException):
        return "No space left" in str(error)
    return getattr(error.__cause__, "sqlstate", "") == _DATABASE_FULL


def want_of_room(error: BaseException, *, file: str) -> ExtractRefused | None:
    """The refusal of a reading that has met the end of the memory or of the disk; None for any other error."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return ExtractRefused(ExtractFault.OUT_OF_MEMORY, file=file)
    return ExtractRefused(ExtractFault.DISK_FULL, file=file) if is_disk_full(error) else None
