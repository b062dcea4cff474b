"""Standings carry outlet and owner for lists; after a hand-over they follow the customer file."""

from __future__ import annotations

from django.db import connection, transaction


@transaction.atomic
def realign_standings() -> int:
    """Bring outlet and owner of every standing in line with the customer file; returns how many moved.

    A copy of what stands audited elsewhere, so it is not audited again. Safe to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE loyalty_standing s SET outlet_id = c.outlet_id, manager_id = c.manager_id
              FROM customers_customer c
             WHERE c.id = s.customer_id
               AND (s.outlet_id, s.manager_id) IS DISTINCT FROM (c.outlet_id, c.manager_id)
            """
        )
        return int(cursor.rowcount)
