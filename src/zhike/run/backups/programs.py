"""Running the server's own programs: those that dump, restore and examine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from zhike.run.binaries import MAJORS, NoPostgres, find_binaries

VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip


def connection_variables(address: str) -> dict[str, str]:
    """The address as environment: everybody on the machine may read the words of a command."""
    known: dict[str, Any] = dict(conninfo_to_dict(address))
    return {VARIABLES[name]: str(value) for name, value in known.items() if name in VARIABLES and value}


def run_program(
    name: str, words: Sequence[str | Path], *, variables: dict[str, str], major: int
) -> subprocess.CompletedProcess[str]:
    """Run a program that fits a server of this release: its own, else a newer one. Raises NoPostgres."""
    try:
        binaries = find_binaries(major=major)
    except NoPostgres:
        newest = find_binaries()
        if newest.major < major or newest.major not in MAJORS:
            raise
        binaries = newest
    return subprocess.run(
        [binaries.program(name), *words],
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
