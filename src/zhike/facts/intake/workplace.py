"""Where one reading works."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from zhike.facts.intake.limits import Limits


@dataclass(frozen=True, slots=True)
class Workplace:
    """The database, the folder for files in between, and the bounds of one reading."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    limits: Limits
