"""Faults: what may be told of one without its data, and named points at which a test may kill the process."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path
from types import TracebackType

from zhike.core.errors import DomainError

_armed = os.environ.get("ZHIKE_CRASH_POINT", "")


def crash_point(name: str) -> None:
    """End the process here, as a power cut would, if the test has armed this name."""
    if _armed and _armed == name:
        os._exit(137)


def describe(error: BaseException) -> str:
    """Where an error came from and of what kind it is, without values: they may be a customer's (G25).

    A refusal of ours is a sentence written for people and is told whole. Of a database's error the code and
    the constraint are told; its details show the row.
    """
    places = [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    lines = [*places, _kind(error)]
    if (cause := error.__cause__ or error.__context__) is not None:
        lines.append("because of " + _kind(cause))
    return "\n".join(lines)


class LineFormatter(logging.Formatter):
    """One line an event; of an exception what `describe` tells."""

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return describe(ei[1]) if ei[1] is not None else ""


def _kind(error: BaseException) -> str:
    name = type(error).__qualname__
    if isinstance(error, DomainError):
        return f"{name}: {error}"
    diagnosis = getattr(error, "diag", None)
    facts = [getattr(diagnosis, part, None) for part in ("sqlstate", "table_name", "constraint_name")]
    told = " ".join(fact for fact in facts if fact)
    return f"{name} ({told})" if told else name


def _short(path: str) -> str:
    for marker in ("site-packages/", "src/"):
        if marker in path:
            return path.rsplit(marker, 1)[1]
    return Path(path).name
