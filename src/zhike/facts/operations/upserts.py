"""The statements of a load, each from DuckDB through staging into one table of PostgreSQL.

Rows are touched only where they differ, so loading the same facts again writes nothing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from zhike.core.keys.register import indexes_in, sealed_in
from zhike.facts.enums import ASSETS
from zhike.facts.operations import lake
from zhike.facts.operations.tables import copy_in, execute
from zhike.facts.queries.lake import full_path

CUSTOMER_COLUMNS = (
    "id", "customer_no", "kind", "name", "name_sort", "sex", "birth_on", "id_type", "id_no", "id_no_index", "phone",
    "phone_index", "email", "address", "personal_digest", "region", "occupation", "industry", "business_type",
    "customer_group", "outlet_id", "manager_id", "opened_on", "closed_on", "version",
)  # fmt: skip
_FED = ("kind", "name", "name_sort", "sex", "birth_on", "id_type", "region", "occupation", "industry",
        "business_type", "customer_group", "outlet_id", "opened_on", "closed_on")  # fmt: skip
_SEALED = (*sealed_in("customers_customer"), *indexes_in("customers_customer"), "personal_digest")
ACCOUNT_COLUMNS = (
    "id", "account_no", "customer_id", "outlet_id", "product_id", "currency", "principal_cents", "balance_cents",
    "opened_on", "opening", "matures_on", "closed_on",
)  # fmt: skip
HOLDING_COLUMNS = (
    "customer_id", "outlet_id", "month_on", "aum_cents", "aum_before_cents", "average_cents",
    "loan_cents", "product_count", "category_count", "matures_on", "matures_cents", "months", "deposit_series",
    "wealth_series", "fund_series", "insurance_series",
)  # fmt: skip
TRANSACTION_COLUMNS = (
    "txn_no", "booked_on", "account_id", "customer_id", "outlet_id", "kind", "amount_cents", "channel",
    "balance_cents", "purpose",
)  # fmt: skip
EVENT_COLUMNS = (
    "event_no", "customer_id", "outlet_id", "kind", "happened_on", "outcome", "severity", "satisfaction", "intention",
    "amount_cents", "staff_no",
)  # fmt: skip


def upsert_units(duck: duckdb.DuckDBPyConnection) -> None:
    """Units, parents after all exist."""
    rows = duck.execute(
        """
        SELECT i.outlet_id, o.outlet_code, o.name, o.kind, p.outlet_id, coalesce(o.region, '')
          FROM outlets AS o JOIN ids_outlets AS i USING (outlet_code)
          LEFT JOIN ids_outlets AS p ON p.outlet_code = o.parent_code ORDER BY i.outlet_id
        """
    ).fetchall()
    for unit_id, code, name, kind, _parent, region in rows:
        execute(
            "INSERT INTO staff_unit (id, code, name, kind, region) VALUES (%s, %s, %s, %s, %s) ON CONFLICT (code)"
            " DO UPDATE SET name = excluded.name, kind = excluded.kind, region = excluded.region",
            [unit_id, code, name, kind, region],
        )
    for unit_id, _code, _name, _kind, parent, _region in rows:
        execute("UPDATE staff_unit SET parent_id = %s WHERE id = %s AND parent_id IS DISTINCT FROM %s",
                [parent, unit_id, parent])  # fmt: skip


def upsert_staff(duck: duckdb.DuckDBPyConnection) -> None:
    """People as the personnel system has them. They get an account without a password and without a role."""
    rows = duck.execute(
        """
        SELECT i.staff_id, s.staff_no, s.name, s.post, o.outlet_id, s.hired_on, s.left_on
          FROM staff AS s JOIN ids_staff AS i USING (staff_no) JOIN ids_outlets AS o USING (outlet_code)
         ORDER BY i.staff_id
        """
    ).fetchall()
    for row in rows:
        execute(
            """
            INSERT INTO staff_staff (id, staff_no, name, post, unit_id, hired_on, left_on, is_active, password,
                language, large_print, compact_rows, failure_count, must_change_password, second_factor,
                second_factor_step, version)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '!', '', false, false, 0, true, '', 0, 0)
            ON CONFLICT (staff_no) DO UPDATE SET name = excluded.name, post = excluded.post,
                unit_id = excluded.unit_id, left_on = excluded.left_on,
                is_active = staff_staff.is_active AND excluded.is_active
            """,
            [*row, row[-1] is None],
        )


def upsert_products(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    """Products with the margins that value them."""
    rows = duck.execute(
        """
        SELECT i.product_id, p.product_code, p.name, p.category, p.margin_ppm, p.loss_ppm, p.fee_cents, p.is_chosen
          FROM products AS p JOIN ids_products AS i USING (product_code) ORDER BY i.product_id
        """
    ).fetchall()
    for row in rows:
        execute(
            """
            INSERT INTO facts_product (id, code, name, category, margin_ppm, loss_ppm, fee_cents, is_chosen)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, category = excluded.category,
                margin_ppm = excluded.margin_ppm, loss_ppm = excluded.loss_ppm, fee_cents = excluded.fee_cents,
                is_chosen = excluded.is_chosen
            """,
            row,
        )


def upsert_customers(duck: duckdb.DuckDBPyConnection, *, work: Path, on: date) -> None:
    """Customers, their search terms, and the first manager of those who never had one."""
    query = """
        SELECT i.customer_id, c.customer_no, c.kind, coalesce(c.name, ''), s.name_sort, coalesce(c.sex, ''), c.birth_on,
               coalesce(c.id_type, ''), s.id_no, s.id_no_index, s.phone, s.phone_index, s.email, s.address,
               '\\x' || s.digest, coalesce(c.region, ''), coalesce(c.occupation, ''), coalesce(c.industry, ''),
               c.business_type, c.customer_group, o.outlet_id, m.staff_id, c.opened_on, c.closed_on, 0
          FROM customers AS c JOIN ids_customers AS i USING (customer_no)
          JOIN sealed_customers AS s USING (customer_id) JOIN ids_outlets AS o USING (outlet_code)
          LEFT JOIN ids_staff AS m ON m.staff_no = c.manager_no ORDER BY i.customer_id
    """
    _stage(duck, query, "facts_stage_customer", CUSTOMER_COLUMNS, work=work)
    columns = ", ".join(CUSTOMER_COLUMNS)
    fed = ", ".join(f"{name} = excluded.{name}" for name in _FED)
    sealed = ", ".join(
        f"{name} = CASE WHEN c.personal_digest = excluded.personal_digest THEN c.{name} ELSE excluded.{name} END"
        for name in _SEALED
    )
    differs = " OR ".join(f"c.{name} IS DISTINCT FROM excluded.{name}" for name in (*_FED, "personal_digest"))
    execute(
        f"""
        INSERT INTO customers_customer AS c ({columns}) SELECT {columns} FROM facts_stage_customer
        ON CONFLICT (customer_no) DO UPDATE SET {fed}, {sealed}, version = c.version + 1 WHERE {differs}
        """
    )
    _replace_terms(duck, work=work)
    _assign_first_managers(on)
    execute("TRUNCATE facts_stage_customer")


def _assign_first_managers(on: date) -> None:
    """The first delivery that names a customer's manager assigns one; from then on the portfolio is the bank's.

    Both or neither: the customer's manager, and the interval of the portfolio that says since when.
    """
    execute(
        """
        UPDATE customers_customer c SET manager_id = s.manager_id, version = c.version + 1
          FROM facts_stage_customer s
         WHERE s.id = c.id AND s.manager_id IS NOT NULL AND c.manager_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM customers_portfolio p WHERE p.customer_id = c.id)
        """
    )
    execute(
        """
        INSERT INTO customers_portfolio
            (customer_id, outlet_id, manager_id, from_on, reason, handover_note, assigned_by)
        SELECT c.id, c.outlet_id, c.manager_id, %s, 'loaded', '', 'system'
          FROM facts_stage_customer s JOIN customers_customer c ON c.id = s.id
         WHERE c.manager_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM customers_portfolio p WHERE p.customer_id = c.id)
        """,
        [on],
    )


def _replace_terms(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    query = """
        SELECT DISTINCT t.customer_id, o.outlet_id, t.term FROM terms AS t
          JOIN ids_customers AS i USING (customer_id) JOIN customers AS c USING (customer_no)
          JOIN ids_outlets AS o USING (outlet_code) ORDER BY t.term, t.customer_id
    """
    _stage(duck, query, "facts_stage_term", ("customer_id", "outlet_id", "term"), work=work)
    execute(
        """
        DELETE FROM customers_searchterm t USING facts_stage_customer s WHERE t.customer_id = s.id
           AND NOT EXISTS (SELECT 1 FROM facts_stage_term n
                            WHERE n.customer_id = t.customer_id AND n.term = t.term AND n.outlet_id = t.outlet_id)
        """
    )
    execute(
        """
        INSERT INTO customers_searchterm (customer_id, outlet_id, term)
        SELECT n.customer_id, n.outlet_id, n.term FROM facts_stage_term n
         WHERE NOT EXISTS (SELECT 1 FROM customers_searchterm t
                            WHERE t.customer_id = n.customer_id AND t.term = n.term)
        """
    )
    execute("TRUNCATE facts_stage_term")


def upsert_accounts(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    """Accounts with their latest month-end balance; an account without a new balance keeps the old one.

    Whichever outlet opened it, an account is seen where its customer is.
    """
    query = """
        WITH latest AS (
            SELECT account_no, arg_max(end_cents, month_on) AS balance_cents FROM balances GROUP BY account_no
        )
        SELECT i.account_id, a.account_no, c.customer_id, 0, p.product_id, a.currency, a.principal_cents,
               l.balance_cents, a.opened_on, a.opening, a.matures_on, a.closed_on
          FROM accounts AS a JOIN ids_accounts AS i USING (account_no) JOIN ids_customers AS c USING (customer_no)
          JOIN ids_products AS p USING (product_code) LEFT JOIN latest AS l USING (account_no)
         ORDER BY i.account_id
    """
    _stage(duck, query, "facts_stage_account", ACCOUNT_COLUMNS, work=work)
    columns = ", ".join(ACCOUNT_COLUMNS)
    fed = ("customer_id", "outlet_id", "product_id", "currency", "principal_cents", "opened_on", "opening",
           "matures_on", "closed_on")  # fmt: skip
    sets = ", ".join(f"{name} = excluded.{name}" for name in fed)
    differs = " OR ".join(f"a.{name} IS DISTINCT FROM excluded.{name}" for name in fed)
    execute(
        f"""
        INSERT INTO facts_account AS a ({columns})
        SELECT {_at_the_customers_outlet(ACCOUNT_COLUMNS)} FROM facts_stage_account s
          JOIN customers_customer c ON c.id = s.customer_id
        ON CONFLICT (account_no) DO UPDATE SET {sets}, balance_cents = coalesce(excluded.balance_cents, a.balance_cents)
         WHERE {differs} OR coalesce(excluded.balance_cents, a.balance_cents) IS DISTINCT FROM a.balance_cents
        """
    )
    execute("TRUNCATE facts_stage_account")


def upsert_relations(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    """Relations that are not there yet."""
    rows = duck.execute(
        """
        SELECT f.customer_id, t.customer_id, r.kind, r.since_on FROM relations AS r
          JOIN ids_customers AS f ON f.customer_no = r.from_customer_no
          JOIN ids_customers AS t ON t.customer_no = r.to_customer_no
         WHERE f.customer_id <> t.customer_id ORDER BY ALL
        """
    ).fetchall()
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        marks = ", ".join(["(%s::bigint, %s::bigint, %s, %s::date)"] * len(part))
        execute(
            f"""
            INSERT INTO customers_relation (customer_id, other_id, kind, since_on, outlet_id)
            SELECT v.a, v.b, v.kind, v.since_on, c.outlet_id
              FROM (VALUES {marks}) AS v(a, b, kind, since_on) JOIN customers_customer c ON c.id = v.a
            ON CONFLICT DO NOTHING
            """,
            [value for row in part for value in row],
        )


def replace_holdings(duck: duckdb.DuckDBPyConnection, *, business_on: date, work: Path) -> None:
    """What each customer holds in sum, from the balances the lake has after this batch."""
    paths = ", ".join(f"'{full_path(file.path)}'" for file in lake.live("balances"))
    if not paths:
        return
    query = (Path(__file__).parent.parent / "sql" / "holdings.sql").read_text("utf-8")
    assets = ", ".join(f"'{name}'" for name in ASSETS)
    query = query.format(balances=f"read_parquet([{paths}])", assets=assets, business_on=business_on)
    _stage(duck, query, "facts_stage_holding", HOLDING_COLUMNS, work=work)
    columns = ", ".join(HOLDING_COLUMNS)
    picked = _at_the_customers_outlet(HOLDING_COLUMNS)
    sets = ", ".join(f"{name} = excluded.{name}" for name in HOLDING_COLUMNS[1:])
    differs = " OR ".join(f"h.{name} IS DISTINCT FROM excluded.{name}" for name in HOLDING_COLUMNS[1:])
    execute(
        f"INSERT INTO facts_holding AS h ({columns}) SELECT {picked} FROM facts_stage_holding s"
        " JOIN customers_customer c ON c.id = s.customer_id"
        f" ON CONFLICT (customer_id) DO UPDATE SET {sets} WHERE {differs}"
    )
    execute("TRUNCATE facts_stage_holding")


def load_transactions(duck: duckdb.DuckDBPyConnection, *, since: date, work: Path) -> None:
    """The recent transactions that screens show; older ones stay in the lake alone."""
    query = f"""
        SELECT t.txn_no, t.booked_on, a.account_id, o.customer_id, o.outlet_id, t.kind, t.amount_cents, t.channel,
               t.balance_cents, coalesce(t.purpose, '')
          FROM transactions AS t JOIN ids_accounts AS a USING (account_no) JOIN owners AS o USING (account_id)
         WHERE t.booked_on >= DATE '{since}' ORDER BY t.booked_on, a.account_id, t.txn_no
    """
    months = duck.execute(f"SELECT DISTINCT date_trunc('month', booked_on)::DATE FROM ({query})").fetchall()
    for (month,) in months:
        execute("SELECT facts_open_month(%s)", [month])
    _stage(duck, query, "facts_stage_transaction", TRANSACTION_COLUMNS, work=work)
    columns = ", ".join(TRANSACTION_COLUMNS)
    execute("DELETE FROM facts_transaction WHERE booked_on < %s", [since])
    _drop_redated(duck, since=since)
    execute(
        """
        DELETE FROM facts_transaction t USING facts_stage_transaction s
         WHERE t.booked_on = s.booked_on AND t.txn_no = s.txn_no
           AND (t.account_id, t.amount_cents, t.kind, t.channel, t.balance_cents, t.purpose)
               IS DISTINCT FROM (s.account_id, s.amount_cents, s.kind, s.channel, s.balance_cents, s.purpose)
        """
    )
    execute(
        f"INSERT INTO facts_transaction ({columns}) SELECT {columns} FROM facts_stage_transaction"
        " ON CONFLICT DO NOTHING"
    )
    execute("TRUNCATE facts_stage_transaction")


def _drop_redated(duck: duckdb.DuckDBPyConnection, *, since: date) -> None:
    """Take transactions off the days they were booked on before, where the lake found that they moved."""
    redated = lake.REDATED.format(table="transactions")
    rows = duck.execute(f"SELECT booked_on, txn_no FROM {redated} WHERE booked_on >= ?", [since]).fetchall()
    if rows:
        execute(
            "DELETE FROM facts_transaction t USING unnest(%s::date[], %s::varchar[]) AS r(booked_on, txn_no)"
            " WHERE t.booked_on = r.booked_on AND t.txn_no = r.txn_no",
            [list(column) for column in zip(*rows, strict=True)],
        )


def load_events(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    """Events; one that is known already is as it was told last."""
    query = """
        SELECT e.event_no, i.customer_id, 0, e.kind, e.happened_on, e.outcome, e.severity, e.satisfaction, e.intention,
               e.amount_cents, coalesce(e.staff_no, '')
          FROM events AS e JOIN ids_customers AS i USING (customer_no) ORDER BY e.event_no
    """
    _stage(duck, query, "facts_stage_event", EVENT_COLUMNS, work=work)
    columns = ", ".join(EVENT_COLUMNS)
    fed = EVENT_COLUMNS[1:]
    sets = ", ".join(f"{name} = excluded.{name}" for name in fed)
    differs = " OR ".join(f"e.{name} IS DISTINCT FROM excluded.{name}" for name in fed)
    execute(
        f"""
        INSERT INTO facts_event AS e ({columns})
        SELECT {_at_the_customers_outlet(EVENT_COLUMNS)} FROM facts_stage_event s
          JOIN customers_customer c ON c.id = s.customer_id
        ON CONFLICT (event_no) DO UPDATE SET {sets} WHERE {differs}
        """
    )
    execute("TRUNCATE facts_stage_event")


def move_outlet(customer_ids: list[int]) -> None:
    """Let every row of these customers follow them to their outlet."""
    for table in (
        "customers_searchterm", "customers_relation", "customers_portfolio", "facts_account", "facts_holding",
        "facts_event", "facts_pushedevent", "facts_transaction",
    ):  # fmt: skip
        execute(
            f"UPDATE {table} t SET outlet_id = c.outlet_id FROM customers_customer c"
            " WHERE c.id = t.customer_id AND c.id = ANY(%s) AND t.outlet_id <> c.outlet_id",
            [customer_ids],
        )


def _at_the_customers_outlet(columns: tuple[str, ...]) -> str:
    """The staged columns (`s`), but the outlet of the customer file (`c`): not every delivery has customers."""
    return ", ".join("c.outlet_id" if name == "outlet_id" else f"s.{name}" for name in columns)


def _stage(
    duck: duckdb.DuckDBPyConnection,
    query: str,
    table: str,
    columns: tuple[str, ...],
    *,
    work: Path,
    **_rest: Any,
) -> None:
    execute(f"TRUNCATE {table}")
    copy_in(duck, query, table, columns, work=work)
