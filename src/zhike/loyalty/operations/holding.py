"""One customer at a time: who looks whether something waits already keeps others from adding it meanwhile."""

from __future__ import annotations

from django.db import connection


def hold_customer(customer_id: int) -> None:
    """Until the transaction ends, let nobody else propose or record for this customer; they wait, then look anew.

    Not a lock of the customer's rows: those a load or a publication may hold for minutes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"loyalty.customer:{customer_id}"])
