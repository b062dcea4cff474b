"""Opening customers by name for the managers whom row-level security would not let see them.

Row-level security knows outlets. A manager reaches those below the units of the own roles (`core_rolereach`);
a customer of an outlet elsewhere is opened by one grant. This is the one place that says when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import DEFAULT_DB_ALIAS, connections

CAUSE = "portfolio"


def align_grants(
    *, on: date, customer_ids: Sequence[int] | None = None, using: str = DEFAULT_DB_ALIAS
) -> None:
    """Bring the grants of portfolios in line with who looks after whom, for all customers or for some.

    Exactly the present managers who do not reach their customer's outlet on that day have one afterwards;
    grants of any other cause stay. Somebody without a role is taken to get one at the own unit: people come
    with the first import, before their roles. Safe to repeat; recorded with what called for it.
    """
    some = None if customer_ids is None else list(customer_ids)
    with connections[using].cursor() as cursor:
        cursor.execute(_ALIGN, {"on": on, "cause": CAUSE, "some": some})


_ALIGN = """
WITH RECURSIVE kept AS (
    SELECT c.id, c.outlet_id, c.manager_id FROM customers_customer c
     WHERE c.manager_id IS NOT NULL AND (%(some)s::bigint[] IS NULL OR c.id = ANY (%(some)s::bigint[]))
), keepers AS (
    SELECT DISTINCT manager_id AS staff_id FROM kept
), in_force AS (
    SELECT r.staff_id, r.unit_id, reach.reach FROM staff_roleassignment r
      JOIN keepers USING (staff_id) JOIN core_rolereach reach ON reach.role = r.role
     WHERE r.valid_from <= %(on)s AND (r.valid_to IS NULL OR r.valid_to >= %(on)s)
), held AS (
    SELECT staff_id, unit_id, reach FROM in_force
    UNION ALL
    SELECT s.id, s.unit_id, 'TREE' FROM staff_staff s JOIN keepers ON keepers.staff_id = s.id
     WHERE NOT EXISTS (SELECT 1 FROM in_force WHERE in_force.staff_id = s.id)
), reached AS (
    SELECT staff_id, unit_id FROM held WHERE reach = 'TREE'
    UNION
    SELECT reached.staff_id, u.id FROM staff_unit u JOIN reached ON u.parent_id = reached.unit_id
), needed AS (
    SELECT c.manager_id AS staff_id, c.id AS customer_id FROM kept c
     WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.staff_id = c.manager_id AND held.reach = 'ALL')
       AND NOT EXISTS (SELECT 1 FROM reached r WHERE r.staff_id = c.manager_id AND r.unit_id = c.outlet_id)
), gone AS (
    DELETE FROM core_accessgrant g
     WHERE g.cause = %(cause)s AND (%(some)s::bigint[] IS NULL OR g.customer_id = ANY (%(some)s::bigint[]))
       AND NOT EXISTS (SELECT 1 FROM needed n
                        WHERE n.staff_id = g.staff_id AND n.customer_id = g.customer_id)
)
INSERT INTO core_accessgrant AS g (staff_id, customer_id, cause)
SELECT staff_id, customer_id, %(cause)s FROM needed
ON CONFLICT (staff_id, customer_id, cause) DO UPDATE SET until = NULL WHERE g.until IS NOT NULL
"""
