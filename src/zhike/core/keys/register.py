"""The register of what is encrypted: every sealed column of every room, written down once.

The operations that seal and open, the keys that are made, re-encryption under a new key, the doctor's
invariants and the tests all begin here. A column of bytes that stands neither here nor among the open ones of
`tests/core/test_register.py` is a failing test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connections, transaction


@dataclass(frozen=True, slots=True)
class Sealed:
    """One encrypted column: whose key seals it, which column finds it by its blind index, and how many of its values
    are held in memory at a time when they are sealed anew."""

    table: str
    column: str
    purpose: str
    index: str = ""
    batch: int = field(default=500, compare=False)

    def place(self, row: int) -> str:
        """Where a value of this column stands; bound into its ciphertext."""
        return f"{self.table}.{self.column}:{row}"


CUSTOMER, REJECTS, SECOND_FACTOR, WEBHOOK = "customer", "rejects", "second-factor", "webhook"
"""Purposes: one active data key each."""
REGISTER: tuple[Sealed, ...] = (
    Sealed("customers_customer", "id_no", CUSTOMER, index="id_no_index"),
    Sealed("customers_customer", "phone", CUSTOMER, index="phone_index"),
    Sealed("customers_customer", "email", CUSTOMER),
    Sealed("customers_customer", "address", CUSTOMER),
    Sealed("facts_importbatch", "rejects", REJECTS, batch=1),
    Sealed("staff_staff", "second_factor", SECOND_FACTOR),
    Sealed("core_webhook", "secret", WEBHOOK),
)


def purposes() -> tuple[str, ...]:
    """Every purpose that needs a data key, once."""
    return tuple(dict.fromkeys(one.purpose for one in REGISTER))


def sealed_in(table: str) -> tuple[str, ...]:
    """The sealed columns of a table, in the register's order."""
    return tuple(one.column for one in REGISTER if one.table == table)


def indexes_in(table: str) -> tuple[str, ...]:
    """The blind indexes of a table's sealed columns."""
    return tuple(one.index for one in REGISTER if one.table == table and one.index)


def column(table: str, name: str) -> Sealed:
    """One column of the register. Raises LookupError for a column that is not sealed."""
    for one in REGISTER:
        if (one.table, one.column) == (table, name):
            return one
    raise LookupError(f"{table}.{name} is not in the register of sealed columns")


def write(alias: str) -> None:
    """Tell the database the register, for `zhike doctor`, which knows no room. As the owner; repeatable."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM core_sealedcolumn")
        cursor.executemany(
            "INSERT INTO core_sealedcolumn (place, table_name, column_name, index_name, purpose)"
            " VALUES (%s, %s, %s, %s, %s)",
            list(_rows()),
        )


def _rows() -> Iterator[tuple[str, str, str, str, str]]:
    for one in REGISTER:
        yield f"{one.table}.{one.column}", one.table, one.column, one.index, one.purpose
