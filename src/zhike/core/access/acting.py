"""As whom the database sees us: the acting person is told to PostgreSQL inside each transaction.

Row-level security reads `zhike.staff_id`. It is set with SET LOCAL semantics only, so a pooled connection
can never carry one person's rows to the next; outside `acting_as` the application role sees no customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

APP_ROLE = "zhike_app"


@contextmanager
def acting_as(staff_id: int | None) -> Iterator[None]:
    """One transaction in which the database shows what `staff_id` may see; None sees no customer.

    The only way to get a context. Not to be nested: one person, one transaction.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('zhike.staff_id', %s, true), set_config('role', %s, true)",
                ["" if staff_id is None else str(staff_id), APP_ROLE],
            )
        yield
        # The end of the transaction ends both settings by itself; where it is nested in a test's own
        # transaction nothing ends, so they are put back. A roll-back puts them back in either case.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('zhike.staff_id', '', true), set_config('role', 'none', true)")
