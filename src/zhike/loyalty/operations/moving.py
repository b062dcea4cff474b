"""Customers who move to another outlet take what loyalty knows of them along.

Every row here carries its customer's outlet, by which row-level security decides who sees it. The totals of a
run by outlet (`RunUnit`) stay as they were: they say where customers were on the date of the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connections

TABLES = (
    "loyalty_result", "loyalty_standing", "loyalty_earlymover", "loyalty_override", "loyalty_followup",
    "loyalty_samplecheck",
)  # fmt: skip


def follow_moves(*, customer_ids: Sequence[int], using: str) -> None:
    """Bring the rows of these customers to the outlet of the customer file, in the transaction of `using`.

    Called while an import loads, and recorded with it. Safe to repeat.
    """
    with connections[using].cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"UPDATE {table} t SET outlet_id = c.outlet_id FROM customers_customer c"
                " WHERE c.id = t.customer_id AND c.id = ANY(%s) AND t.outlet_id <> c.outlet_id",
                [list(customer_ids)],
            )
