"""Transactions that carry the balance after each row: do they chain, and if not, why?

A row chains when the balance before it (its balance less its amount) is the balance after the row before.
Extracts rarely keep the order of posting within a day. Where the declared order (`first` kinds, then number
or file order) leaves gaps, the rows of that day are put into an order in which they do chain, if there is
one. What is then left is explained by rounding, by a last day that is cut off, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from zhike.facts.intake import quoting
from zhike.facts.intake.figures import number, single_row
from zhike.facts.intake.mapping import RunningBalance

LONGEST_DAY = 8
"""Days of more rows are left in the declared order: the number of orders grows too fast."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Rows by how they chain. `gaps_as_declared` counts the gaps before any day was put in order.

    `unexplained_txns` are the first twenty of those, by number.
    """

    rows: int
    gaps_as_declared: int
    first_rows: int
    in_declared_order: int
    in_another_order: int
    by_rounding: int
    on_cut_off_day: int
    unexplained: int
    unexplained_txns: tuple[str, ...]


def follow_chain(connection: duckdb.DuckDBPyConnection, rules: RunningBalance) -> Chain:
    """Order the transactions of each account and class every row. Leaves the view `chain` for balances.

    Reads `transactions` with their lineage.
    """
    _place_as_declared(connection, rules)
    _untangle(connection, rules.rounding_cents)
    last_day = "false" if rules.last_day_complete else "booked_on = (SELECT max(booked_on) FROM transactions)"
    if number(connection, "SELECT count(*) FROM untangled"):
        _put_in_order(connection)
        ordered = (
            "(SELECT *, false AS moved FROM places ANTI JOIN untangled USING (account_no)"
            " UNION ALL BY NAME FROM reordered)"
        )
    else:
        ordered = "(SELECT *, false AS moved FROM places)"
    connection.execute(
        f"""CREATE TEMP VIEW chain AS
        SELECT *, CASE WHEN gap IS NULL THEN 'FIRST' WHEN gap = 0 AND moved THEN 'OTHER_ORDER'
            WHEN gap = 0 THEN 'DECLARED_ORDER' WHEN abs(gap) <= {rules.rounding_cents} THEN 'ROUNDING'
            WHEN {last_day} THEN 'CUT_OFF_DAY' ELSE 'UNEXPLAINED' END AS class
        FROM {ordered}"""
    )
    counts = dict(connection.execute("SELECT class, count(*) FROM chain GROUP BY class").fetchall())
    declared = single_row(connection, "SELECT count(*), count(*) FILTER (gap <> 0) FROM places")
    unexplained = connection.execute(
        "SELECT txn_no FROM chain WHERE class = 'UNEXPLAINED' ORDER BY booked_on, txn_no LIMIT 20"
    ).fetchall()
    return Chain(
        declared[0], declared[1], counts.get("FIRST", 0), counts.get("DECLARED_ORDER", 0),
        counts.get("OTHER_ORDER", 0), counts.get("ROUNDING", 0), counts.get("CUT_OFF_DAY", 0),
        counts.get("UNEXPLAINED", 0), tuple(row[0] for row in unexplained),
    )  # fmt: skip


def _place_as_declared(connection: duckdb.DuckDBPyConnection, rules: RunningBalance) -> None:
    """Table `places`: the declared order of each account and the gap before each row, in one sort."""
    first = f"kind NOT IN ({quoting.literals(rules.first)}), " if rules.first else ""
    then = "TRY_CAST(txn_no AS BIGINT), txn_no" if rules.then == "txn_no" else "_feed, _file, _line"
    connection.execute(
        f"""CREATE TEMP TABLE places AS
        SELECT txn_no, account_no, booked_on, amount_cents, balance_cents,
            balance_cents - amount_cents AS before_cents, row_number() OVER declared AS place,
            balance_cents - amount_cents - lag(balance_cents) OVER declared AS gap
        FROM transactions WHERE balance_cents IS NOT NULL
        WINDOW declared AS (PARTITION BY account_no ORDER BY booked_on, {first}{then})"""
    )


def _untangle(connection: duckdb.DuckDBPyConnection, rounding_cents: int) -> None:
    """Table `untangled`: for days with gaps, the place of each row in the best order that chains.

    Every order in which each step fits within the rounding is walked; the best has the fewest inexact
    steps and begins where the day before left off. `declared` is the row's place before; accounts without
    such a day are not looked at again.
    """
    connection.execute(
        f"""CREATE TEMP TABLE tangled AS
        SELECT *, CAST(1 << (spot - 1) AS BIGINT) AS bit FROM (
            SELECT *, row_number() OVER (day ORDER BY place) AS spot, count(*) OVER day AS day_rows
            FROM places SEMI JOIN (SELECT DISTINCT account_no, booked_on FROM places WHERE gap <> 0)
                USING (account_no, booked_on)
            WINDOW day AS (PARTITION BY account_no, booked_on)
        ) WHERE day_rows BETWEEN 2 AND {LONGEST_DAY}"""
    )
    connection.execute(
        """CREATE TEMP TABLE starts AS
        SELECT account_no, booked_on,
            lag(balances) OVER (PARTITION BY account_no ORDER BY booked_on) AS left_off
        FROM (
            SELECT account_no, booked_on, list(balance_cents) AS balances
            FROM places SEMI JOIN tangled USING (account_no) GROUP BY ALL
        )"""
    )
    connection.execute(
        f"""CREATE TEMP TABLE untangled AS
        WITH RECURSIVE walk AS (
            SELECT account_no, booked_on, day_rows, bit AS taken, balance_cents AS reached, [spot] AS spots,
                CASE WHEN coalesce(list_contains(left_off, before_cents), before_cents = 0)
                    THEN 0 ELSE 1 END AS cost
            FROM tangled JOIN starts USING (account_no, booked_on)
            UNION ALL
            SELECT walk.account_no, walk.booked_on, walk.day_rows, walk.taken | tangled.bit,
                tangled.balance_cents, list_append(walk.spots, tangled.spot),
                walk.cost + CASE WHEN tangled.before_cents = walk.reached THEN 0 ELSE 1 END
            FROM walk JOIN tangled
                ON tangled.account_no = walk.account_no AND tangled.booked_on = walk.booked_on
                AND walk.taken & tangled.bit = 0
                AND abs(tangled.before_cents - walk.reached) <= {rounding_cents}
        ), best AS (
            SELECT account_no, booked_on, arg_min(spots, (cost, spots)) AS spots FROM walk
            WHERE len(spots) = day_rows GROUP BY ALL
        )
        SELECT account_no, tangled.place AS declared, ordered.place FROM tangled JOIN (
            SELECT account_no, booked_on, unnest(spots) AS spot, generate_subscripts(spots, 1) AS place FROM best
        ) AS ordered USING (account_no, booked_on, spot)"""
    )


def _put_in_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `reordered`: the rows of accounts with an untangled day, in the order found for it."""
    connection.execute(
        """CREATE TEMP TABLE reordered AS
        SELECT *, before_cents - lag(balance_cents) OVER (PARTITION BY account_no ORDER BY place) AS gap FROM (
            SELECT places.* EXCLUDE (place, gap), found.place IS NOT NULL AS moved, row_number() OVER (
                PARTITION BY account_no ORDER BY booked_on, coalesce(found.place, places.place)) AS place
            FROM places SEMI JOIN untangled USING (account_no)
            LEFT JOIN untangled AS found ON found.account_no = places.account_no AND found.declared = places.place
        )"""
    )


def derive_balances(connection: duckdb.DuckDBPyConnection, rules: RunningBalance) -> int:
    """Fill `balances` from `chain` for every complete month; how many rows.

    The balance of a day is the one after its last row and holds until the next row; before the first row
    it is nought. The average is over the days of the month, rounded half up to the cent. A month is
    complete when the data reach its last day, and that day is not cut off.
    """
    connection.execute(
        f"""INSERT INTO balances (account_no, month_on, average_cents, end_cents, _feed, _file, _line)
        WITH cover AS (
            SELECT CAST(date_trunc('month', max(booked_on) + {int(rules.last_day_complete)}) AS DATE) AS until
            FROM chain
        ), days AS (
            SELECT account_no, booked_on AS since, arg_max(balance_cents, place) AS balance
            FROM chain GROUP BY ALL
        ), spans AS (
            SELECT account_no, since, balance,
                least(coalesce(lead(since) OVER (PARTITION BY account_no ORDER BY since), until),
                    until, coalesce(closed_on + 1, until)) AS upto
            FROM days JOIN accounts USING (account_no), cover
        ), months AS (
            SELECT account_no, since, balance, upto, CAST(unnest(generate_series(
                date_trunc('month', since), date_trunc('month', upto - 1), INTERVAL 1 MONTH
            )) AS DATE) AS month_on
            FROM spans WHERE since < upto
        ), sums AS (
            SELECT account_no, month_on, day(last_day(month_on)) AS month_days,
                CAST(sum(
                    balance * (least(upto, last_day(month_on) + 1) - greatest(since, month_on))
                ) AS BIGINT) AS total,
                arg_max(balance, since) AS end_cents
            FROM months GROUP BY ALL
        )
        SELECT account_no, month_on, (2 * total + month_days) // (2 * month_days)
            - CASE WHEN (2 * total + month_days) % (2 * month_days) < 0 THEN 1 ELSE 0 END,
            end_cents, -1, -1, row_number() OVER ()
        FROM sums"""
    )
    return number(connection, "SELECT count(*) FROM balances")
