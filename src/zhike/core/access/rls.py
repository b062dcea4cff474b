"""Row-level security: the second barrier, in the migration that creates a customer's table.

The first barrier is `visible_to(staff)` with the fine scopes; this one knows only outlets and explicit
grants, but it holds when a filter is forgotten. Outside `acting_as` a role sees nothing.
"""

from __future__ import annotations

from django.db.migrations import RunSQL


def protect(table: str, *, outlet: str = "outlet_id", customer: str = "customer_id") -> RunSQL:
    """Protect `table`: rows of visible outlets and of granted customers, for reading and for writing.

    Each SELECT is asked once a statement, not once a row. Whoever reaches the whole bank is told apart first:
    hundreds of outlets compared with every row cost more than the row, and would mislead the planner. The
    worker's own jobs see all rows; what a person asked for was decided in the person's own request.
    """
    visible = (
        "(SELECT zhike_whole_bank())"
        f" OR {outlet} = ANY ((SELECT zhike_outlets())::bigint[])"
        f" OR {customer} = ANY ((SELECT zhike_granted())::bigint[])"
    )
    return RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_seen ON {table} FOR SELECT TO zhike_app USING ({visible});
        CREATE POLICY {table}_added ON {table} FOR INSERT TO zhike_app WITH CHECK ({visible});
        CREATE POLICY {table}_changed ON {table} FOR UPDATE TO zhike_app
            USING ({visible}) WITH CHECK ({visible});
        CREATE POLICY {table}_gone ON {table} FOR DELETE TO zhike_app USING ({visible});
        CREATE POLICY {table}_worked ON {table} TO zhike_worker USING (true) WITH CHECK (true);
        """,
        f"""
        DROP POLICY {table}_seen ON {table}; DROP POLICY {table}_added ON {table};
        DROP POLICY {table}_changed ON {table}; DROP POLICY {table}_gone ON {table};
        DROP POLICY {table}_worked ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


FUNCTIONS = RunSQL(
    """
    CREATE FUNCTION zhike_staff_id() RETURNS bigint LANGUAGE sql STABLE
        SET search_path = pg_catalog, pg_temp
        AS $$ SELECT nullif(current_setting('zhike.staff_id', true), '')::bigint $$;

    -- The roles a person acts under today: the own ones, and those of people they stand in for.
    CREATE FUNCTION zhike_held() RETURNS TABLE (unit_id bigint, reach text) LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        WITH today AS (SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS day),
        me AS (
            SELECT s.id FROM staff_staff s WHERE s.id = zhike_staff_id() AND s.is_active
            UNION
            SELECT a.absent_id FROM staff_actingfor a, today
             WHERE a.substitute_id = (SELECT id FROM staff_staff WHERE id = zhike_staff_id() AND is_active)
               AND today.day BETWEEN a.from_on AND a.until_on
        )
        SELECT r.unit_id, reach.reach FROM staff_roleassignment r
          JOIN me ON me.id = r.staff_id JOIN core_rolereach reach ON reach.role = r.role, today
         WHERE r.valid_from <= today.day AND (r.valid_to IS NULL OR r.valid_to >= today.day)
        $$;

    CREATE FUNCTION zhike_whole_bank() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$ SELECT EXISTS (SELECT 1 FROM zhike_held() WHERE reach = 'ALL') $$;

    CREATE FUNCTION zhike_outlets() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        WITH RECURSIVE below AS (
            SELECT unit_id AS id FROM zhike_held() WHERE reach = 'TREE'
            UNION
            SELECT u.id FROM staff_unit u JOIN below ON u.parent_id = below.id
        )
        SELECT coalesce(array_agg(id), '{}') FROM below
        $$;

    CREATE FUNCTION zhike_granted() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        SELECT coalesce(array_agg(g.customer_id), '{}') FROM core_accessgrant g
         WHERE (g.until IS NULL OR g.until > now()) AND (
               g.staff_id = zhike_staff_id()
            OR g.staff_id IN (
                 SELECT a.absent_id FROM staff_actingfor a
                  WHERE a.substitute_id = zhike_staff_id()
                    AND (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN a.from_on AND a.until_on))
        $$;
    """,
    """
    DROP FUNCTION zhike_granted(); DROP FUNCTION zhike_outlets(); DROP FUNCTION zhike_whole_bank();
    DROP FUNCTION zhike_held(); DROP FUNCTION zhike_staff_id();
    """,
)
"""The functions the policies call: they read staff and roles as their owner, whoever asks."""
