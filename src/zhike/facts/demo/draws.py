"""Random draws that are the same on every machine: integer arithmetic only.

Every draw names what it decides and for whom, so adding one decision never shifts another, and
rows can be made in any order by any number of threads. The mixer is `lowbias32` (Chris Wellons,
"Prospecting for hash functions", 2018), two rounds of it for two keys.
"""

from __future__ import annotations

import hashlib

import duckdb

_MASK = 0xFFFFFFFF
_FIRST, _SECOND = 0x7FEB352D, 0x846CA68B

_MACROS = (
    f"CREATE MACRO stir(x) AS (xor(x, x >> 16) * {_FIRST}::UBIGINT) & {_MASK}::UBIGINT",
    f"CREATE MACRO fold(x) AS (xor(x, x >> 15) * {_SECOND}::UBIGINT) & {_MASK}::UBIGINT",
    "CREATE MACRO mix(x) AS fold(stir(x))",
    f"CREATE MACRO salt(what) AS md5_number_lower(seed() || '/' || what) & {_MASK}::UBIGINT",
    f"""CREATE MACRO draw(what, a, b) AS
        mix((mix(xor((a)::UBIGINT & {_MASK}::UBIGINT, salt(what))) + (b)::UBIGINT) & {_MASK}::UBIGINT)""",
    # A whole number 0..n-1 (n below 2^31) from a draw.
    "CREATE MACRO below(drawn, n) AS ((drawn)::BIGINT * (n)::BIGINT) >> 32",
)


def create_draws(connection: duckdb.DuckDBPyConnection, *, seed: int) -> None:
    """Create the macros `draw(what, a, b)` (0..2^32-1) and `below(drawn, n)` in the current schema."""
    connection.execute(f"CREATE MACRO seed() AS '{int(seed)}'")
    for macro in _MACROS:
        connection.execute(macro)


def draw(seed: int, what: str, a: int, b: int = 0) -> int:
    """The same draw in Python, for the few rows that are not made by SQL."""
    digest = hashlib.md5(f"{seed}/{what}".encode(), usedforsecurity=False).digest()
    salt = int.from_bytes(digest[8:], "little") & _MASK  # DuckDB's md5_number_lower
    return _mix((_mix((a & _MASK) ^ salt) + b) & _MASK)


def below(drawn: int, n: int) -> int:
    """A whole number 0..n-1 from a draw."""
    return (drawn * n) >> 32


def _mix(x: int) -> int:
    x = ((x ^ (x >> 16)) * _FIRST) & _MASK
    return ((x ^ (x >> 15)) * _SECOND) & _MASK
