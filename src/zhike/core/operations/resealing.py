"""New data keys, and what older ones sealed brought under them (key rotation).

Every ciphertext names its key, so pages and workers go on reading and writing meanwhile.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from zhike.core import audit, keys
from zhike.core.keys import ciphers, register
from zhike.core.keys.envelope import active_key, make_key
from zhike.core.keys.register import Sealed


@transaction.atomic
def renew_keys(*, now: datetime) -> int:
    """Make a new active data key for every purpose, by the profile in force; the old ones only open.

    Returns how many. Run as the owner.
    """
    made = [make_key(purpose, algorithm=ciphers.profile().cipher, now=now) for purpose in register.purposes()]
    audit.record(
        "keys.renewed", by=None, at=now, detail={key.purpose: [key.pk, key.algorithm] for key in made}
    )
    return len(made)


def reseal_column(one: Sealed, *, now: datetime) -> int:
    """Seal the values of one column that are under older keys anew under the active one. Returns how many.

    As the owner, who sees every row; in transactions of as many rows as the register says. May be killed and run
    again; a row that somebody holds is left to the next time. Raises TamperedValue for a value that its key does
    not open.
    """
    count, last = 0, 0
    while True:
        with transaction.atomic():
            found = _reseal_some(one, after=last)
        if not found:
            break
        count, last = count + len(found), found[-1]
    if count:
        with transaction.atomic():
            place = f"{one.table}.{one.column}"
            audit.record("keys.resealed", by=None, at=now, detail={"column": place, "values": count})
    return count


def _reseal_some(one: Sealed, *, after: int) -> list[int]:
    """The numbers of the rows of one batch, in order; empty at the end."""
    table, column = (connection.ops.quote_name(name) for name in (one.table, one.column))
    seal = keys.sealer(one.purpose)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {column} FROM {table} WHERE id > %s AND length({column}) > 0"
            f" AND substring({column} FROM 3 FOR 4) <> %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [after, active_key(one.purpose).to_bytes(4, "big"), one.batch],
        )
        rows = cursor.fetchall()
        cursor.executemany(
            f"UPDATE {table} SET {column} = %s WHERE id = %s",
            [
                (seal(keys.unseal(value, purpose=one.purpose, place=one.place(row)), one.place(row)), row)
                for row, value in rows
            ],
        )
    return [row for row, _value in rows]
