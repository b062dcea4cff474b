"""The demo bank keeps the contract, its books balance, and the same seed makes the same bank."""

from __future__ import annotations

import hashlib
from datetime import date

import duckdb
import pytest

from zhike.facts.contract import TABLES
from zhike.facts.demo.bank import Bank, BankTooSmallError, build

BUSINESS_DATE = date(2026, 9, 30)
AUM = "('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')"


def one(bank: Bank, sql: str, *parameters: object) -> object:
    return bank.connection.execute(sql, parameters).fetchall()[0][0]


def digests(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """An order-free digest of every row of every table."""
    return {
        name: connection.execute(
            f"SELECT count(*), sum(md5_number_lower(row_text)::HUGEINT), bit_xor(md5_number_lower(row_text)) "
            f"FROM (SELECT t::VARCHAR AS row_text FROM main.{name} AS t)"
        ).fetchall()[0]
        for name in TABLES
    }


def build_small(seed: int) -> dict[str, object]:
    with duckdb.connect() as connection:
        build(connection, customers=400, seed=seed, business_date=BUSINESS_DATE)
        return digests(connection)


@pytest.fixture(scope="module")
def seed_seven() -> dict[str, object]:
    return build_small(7)


def test_build_gives_the_same_rows_for_the_same_seed(seed_seven: dict[str, object]) -> None:
    assert build_small(7) == seed_seven


def test_build_gives_the_rows_it_gave_when_this_was_written(seed_seven: dict[str, object]) -> None:
    """Another machine, another version of DuckDB: the same bank. Meant changes update the figure."""
    digest = hashlib.sha256(repr(seed_seven).encode()).hexdigest()
    assert digest[:16] == "b930b6889294b9ce"


def test_build_gives_other_rows_for_another_seed(seed_seven: dict[str, object]) -> None:
    others = build_small(8)
    same = {name for name in TABLES if seed_seven[name] == others[name]}
    assert same == {"outlets", "products"}


def test_build_does_not_depend_on_threads_or_slices(
    monkeypatch: pytest.MonkeyPatch, seed_seven: dict[str, object]
) -> None:
    monkeypatch.setattr("zhike.facts.demo.bank.SLICE", 90)
    with duckdb.connect(config={"threads": 1}) as connection:
        build(connection, customers=400, seed=7, business_date=BUSINESS_DATE)
        assert digests(connection) == seed_seven


def test_build_refuses_a_bank_without_room_for_its_cast() -> None:
    with duckdb.connect() as connection, pytest.raises(BankTooSmallError) as refusal:
        build(connection, customers=199, business_date=BUSINESS_DATE)
    assert refusal.value.code == "BANK_TOO_SMALL"


def test_build_leaves_nothing_but_the_nine_tables(bank: Bank) -> None:
    names = bank.connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    assert {name for (name,) in names} == set(TABLES)


def test_build_works_for_a_date_within_a_month() -> None:
    with duckdb.connect() as connection:
        small = build(connection, customers=300, business_date=date(2026, 9, 17))
        assert one(small, "SELECT max(booked_on) FROM transactions") <= date(2026, 9, 17)
        assert unbalanced_months(small) == 0


@pytest.mark.parametrize("name", TABLES)
def test_table_keeps_the_contract(bank: Bank, name: str) -> None:
    table = TABLES[name]
    described = bank.connection.execute(f"DESCRIBE main.{name}").fetchall()
    assert [(row[0], row[1]) for row in described] == [
        (column.name, str(column.type)) for column in table.columns
    ]
    keys = ", ".join(table.key)
    assert one(bank, f"SELECT count(*) - count(DISTINCT ({keys})) FROM {name}") == 0
    for column in table.columns:
        if column.codes:
            found = bank.connection.execute(
                f"SELECT DISTINCT {column.name} FROM {name} WHERE {column.name} IS NOT NULL"
            ).fetchall()
            assert {code for (code,) in found} <= set(column.codes)
        if column.refers:
            key = TABLES[column.refers].key[0]
            assert (
                one(
                    bank,
                    f"SELECT count(*) FROM {name} WHERE {column.name} IS NOT NULL "
                    f"AND {column.name} NOT IN (SELECT {key} FROM {column.refers})",
                )
                == 0
            )


def unbalanced_months(bank: Bank) -> object:
    return one(
        bank,
        """
        WITH moved AS (
            SELECT account_no, date_trunc('month', booked_on)::DATE AS month_on, sum(amount_cents) AS cents
            FROM transactions GROUP BY ALL
        ), lines AS (
            SELECT end_cents,
                coalesce(cents, 0) * CASE WHEN category IN ('LOAN', 'CARD') THEN -1 ELSE 1 END AS cents,
                coalesce(lag(end_cents) OVER (PARTITION BY account_no ORDER BY month_on),
                    CASE WHEN month_on >= first_on THEN 0 END) AS previous
            FROM balances JOIN accounts USING (account_no) JOIN products USING (product_code)
            LEFT JOIN moved USING (account_no, month_on)
            CROSS JOIN (SELECT date_trunc('month', min(booked_on)) AS first_on FROM transactions)
        )
        SELECT count(*) FROM lines WHERE previous IS NOT NULL AND end_cents <> previous + cents
        """,
    )


def test_every_month_ends_where_the_last_one_ended_plus_what_moved(bank: Bank) -> None:
    assert unbalanced_months(bank) == 0


def test_every_transaction_falls_in_a_month_with_a_balance(bank: Bank) -> None:
    strays = """SELECT count(*) FROM transactions AS t ANTI JOIN balances AS b
        ON b.account_no = t.account_no AND b.month_on = date_trunc('month', t.booked_on)"""
    assert one(bank, strays) == 0


def test_running_balances_chain_and_reach_the_month_end(bank: Bank) -> None:
    breaks = """
        SELECT count(*) FROM (
            SELECT balance_cents - amount_cents
                - lag(balance_cents) OVER (PARTITION BY account_no ORDER BY booked_on, txn_no) AS step
            FROM transactions WHERE balance_cents IS NOT NULL)
        WHERE step <> 0"""
    assert one(bank, breaks) == 0
    ends = """
        SELECT count(*) FROM balances JOIN (
            SELECT account_no, date_trunc('month', booked_on)::DATE AS month_on,
                arg_max(balance_cents, txn_no) AS last_cents
            FROM transactions WHERE balance_cents IS NOT NULL GROUP BY ALL) USING (account_no, month_on)
        WHERE end_cents <> last_cents"""
    assert one(bank, ends) == 0


def test_no_balance_is_negative_and_closed_accounts_end_empty(bank: Bank) -> None:
    assert one(bank, "SELECT count(*) FROM balances WHERE end_cents < 0 OR average_cents < 0") == 0
    left_over = """SELECT count(*) FROM accounts JOIN balances USING (account_no)
        WHERE month_on = date_trunc('month', closed_on) AND end_cents <> 0"""
    assert one(bank, left_over) == 0


def test_monthly_average_is_the_mean_of_the_days(bank: Bank) -> None:
    wrong = """
        WITH days AS (
            SELECT account_no, b.month_on, average_cents, day::DATE AS day
            FROM balances AS b JOIN accounts USING (account_no), range(b.month_on::TIMESTAMP,
                (b.month_on + INTERVAL 1 MONTH)::TIMESTAMP, INTERVAL 1 DAY) AS r(day)
            WHERE b.month_on = DATE '2026-03-01' AND account_no LIKE '6228%11000'
        ), daily AS (
            SELECT d.*, (SELECT arg_max(balance_cents, txn_no) FROM transactions AS t
                WHERE t.account_no = d.account_no AND booked_on <= day AND booked_on >= DATE '2026-03-01')
                AS cents
            FROM days AS d
        )
        SELECT max(abs(off)) FROM (
            SELECT account_no, any_value(average_cents) - sum(coalesce(cents, before_cents)) / count(*) AS off
            FROM daily JOIN (SELECT account_no, end_cents AS before_cents FROM balances
                WHERE month_on = DATE '2026-02-01') USING (account_no) GROUP BY 1)"""
    assert 0 <= abs(float(str(one(bank, wrong)))) < 1


def test_thinned_bank_moves_about_the_same_money_in_fewer_rows(bank: Bank) -> None:
    spent = "SELECT -sum(amount_cents) FROM transactions WHERE kind = 'CARD_PURCHASE'"
    with duckdb.connect() as connection:
        thin = build(connection, business_date=BUSINESS_DATE, detail_percent=20)
        assert thin.counts["transactions"] < 0.65 * bank.counts["transactions"]
        assert one(thin, spent) == pytest.approx(float(str(one(bank, spent))), rel=0.1)
