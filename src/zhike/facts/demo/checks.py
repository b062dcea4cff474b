"""SQL that completes identity numbers with their check characters."""

from __future__ import annotations

import duckdb

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_ORGANISATION_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def create_checks(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `resident_check(body)`, `organisation_check(body)`, `uscc_check(body)` and `base31(number)`."""
    uscc_weights = [pow(3, place, 31) for place in range(17)]
    macros = {
        "resident_check(body)": f"""substr('10X98765432', 1 + ({_weighted(_RESIDENT_WEIGHTS)}) % 11, 1)""",
        "organisation_check(body)": f"""substr('0X987654321', 1 +
            ({_weighted(_ORGANISATION_WEIGHTS, _ORGANISATION_LETTERS)}) % 11, 1)""",
        "uscc_check(body)": f"""substr('{_USCC_LETTERS}', 1 +
            (31 - ({_weighted(uscc_weights, _USCC_LETTERS)}) % 31) % 31, 1)""",
        "base31(number)": " || ".join(
            f"substr('{_USCC_LETTERS}', (1 + number // {31**place} % 31)::INT, 1)"
            for place in reversed(range(6))
        ),
    }
    for signature, body in macros.items():
        connection.execute(f"CREATE MACRO {signature} AS {body}")


def _weighted(weights: tuple[int, ...] | list[int], letters: str = "0123456789") -> str:
    return " + ".join(
        f"{weight} * (strpos('{letters}', substr(body, {place}, 1)) - 1)"
        for place, weight in enumerate(weights, 1)
    )
