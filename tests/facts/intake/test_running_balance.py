"""Running balances: which rows chain, why others do not, and the monthly balances derived from them."""

from __future__ import annotations

import random
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from itertools import permutations

import duckdb
import pytest

from zhike.facts.intake.mapping import RunningBalance
from zhike.facts.intake.running_balance import derive_balances, follow_chain

RULES = RunningBalance(("INTEREST",), "txn_no", 10, last_day_complete=True, derive_balances=True)
D1, D2, D3 = date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 29)


def bank(rows: list[tuple], closed_on: date | None = None) -> duckdb.DuckDBPyConnection:
    """Transactions (number, account, day, kind, amount, balance) as the reading has them."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE transactions (txn_no VARCHAR, account_no VARCHAR, booked_on DATE, kind VARCHAR, "
        "amount_cents BIGINT, balance_cents BIGINT, _feed SMALLINT, _file SMALLINT, _line BIGINT)"
    )
    for line, row in enumerate(rows, 2):
        connection.execute("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?)", [*row, line])
    connection.execute("CREATE TABLE accounts (account_no VARCHAR, closed_on DATE)")
    for account in {row[1] for row in rows}:
        connection.execute("INSERT INTO accounts VALUES (?, ?)", [account, closed_on])
    connection.execute(
        "CREATE TABLE balances (account_no VARCHAR, month_on DATE, average_cents BIGINT, end_cents BIGINT, "
        "_feed SMALLINT, _file SMALLINT, _line BIGINT)"
    )
    return connection


def classes(rows: list[tuple], rules: RunningBalance = RULES) -> dict[str, str]:
    connection = bank(rows)
    follow_chain(connection, rules)
    return dict(connection.execute("SELECT txn_no, class FROM chain").fetchall())


def test_interest_posted_first_chains_as_declared():
    rows = [
        ("1", "A", D1, "CASH_IN", 1000, 1000),
        ("2", "A", D2, "FEE", -5, 1001),
        ("9", "A", D2, "INTEREST", 6, 1006),
    ]
    assert classes(rows) == {"1": "FIRST", "2": "DECLARED_ORDER", "9": "DECLARED_ORDER"}


def test_another_order_within_the_day_is_found():
    rows = [
        ("1", "A", D1, "CASH_IN", 1000, 1000),
        ("2", "A", D2, "CASH_OUT", -300, 900),
        ("3", "A", D2, "CASH_IN", 200, 1200),
        ("4", "A", D3, "CASH_IN", 50, 950),
    ]
    assert classes(rows) == {"1": "FIRST", "2": "OTHER_ORDER", "3": "OTHER_ORDER", "4": "DECLARED_ORDER"}


def test_rounding_a_cut_off_day_and_the_unexplained_are_told_apart():
    rows = [
        ("1", "A", D1, "CASH_IN", 1000, 1000),
        ("2", "A", D2, "INTEREST", 6, 1016),
        ("3", "A", date(2024, 2, 1), "CASH_IN", 1, 1100),
        ("4", "A", D3, "CASH_IN", 1, 2000),
    ]
    cut_off = RunningBalance((), "file", 10, last_day_complete=False, derive_balances=False)
    assert classes(rows, cut_off) == {"1": "FIRST", "2": "ROUNDING", "3": "UNEXPLAINED", "4": "CUT_OFF_DAY"}
    connection = bank(rows)
    chain = follow_chain(connection, RULES)
    assert (chain.rows, chain.gaps_as_declared, chain.unexplained, chain.unexplained_txns) == (
        4,
        3,
        2,
        ("3", "4"),
    )


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_order_of_the_rows_every_true_chain_is_found(seed: int):
    draw, rows, number = random.Random(seed), [], 0
    for account in "ABC":
        balance = 0
        for day in range(40):
            posted = []
            for _ in range(draw.randrange(5)):
                amount = draw.choice([-700, -300, 250, 400, 1111, 90])
                balance += amount
                posted.append((account, date(2024, 1, 1) + timedelta(day), "CASH_IN", amount, balance))
            draw.shuffle(posted)
            for row in posted:
                number += 1
                rows.append((str(number), *row))
    chain = follow_chain(bank(rows), RULES)
    assert chain.gaps_as_declared > 0
    assert chain.unexplained == chain.by_rounding == 0
    assert chain.rows == chain.first_rows + chain.in_declared_order + chain.in_another_order


def test_monthly_balances_equal_a_day_by_day_sum():
    draw, rows, number = random.Random(3), [], 0
    truth: dict[tuple[str, date], int] = {}
    for account in "AB":
        balance = 0
        for offset in range(120):
            day = date(2023, 11, 20) + timedelta(offset)
            for _ in range(draw.choice([0, 0, 1, 2])):
                number += 1
                amount = draw.choice([-50_001, 40_007, 9_999])
                balance += amount
                rows.append((str(number), account, day, "CASH_IN", amount, balance))
            truth[account, day] = balance
    rows.append((str(number + 1), "A", date(2024, 3, 18), "CASH_IN", 1, truth["A", date(2024, 3, 18)] + 1))
    connection = bank(rows)
    follow_chain(connection, RULES)
    derive_balances(connection, RULES)
    expected = by_day(truth)
    found = connection.execute(
        "SELECT account_no, month_on, average_cents, end_cents FROM balances"
    ).fetchall()
    assert {(account, month): (average, end) for account, month, average, end in found} == expected
    assert any(average < 0 for average, _ in expected.values())


def by_day(truth: dict[tuple[str, date], int]) -> dict[tuple[str, date], tuple[int, int]]:
    """The plain way: one balance for each day, summed; rounded half up."""
    months: dict[tuple[str, date], list[int]] = defaultdict(list)
    for (account, day), balance in sorted(truth.items()):
        if day < date(2024, 3, 1):  # March 2024 is not complete
            months[account, day.replace(day=1)].append(balance)
    result = {}
    for (account, month), days in months.items():
        length = monthrange(month.year, month.month)[1]
        result[account, month] = ((2 * sum(days) + length) // (2 * length), days[-1])
    return result


def test_a_closed_account_has_no_balances_after_its_last_day():
    rows = [("1", "A", D1, "CASH_IN", 3100, 3100), ("2", "B", date(2024, 4, 30), "CASH_IN", 1, 1)]
    connection = bank(rows, closed_on=date(2024, 2, 10))
    follow_chain(connection, RULES)
    derive_balances(connection, RULES)
    assert connection.execute(
        "SELECT month_on, average_cents FROM balances WHERE account_no = 'A' ORDER BY 1"
    ).fetchall() == [(date(2024, 1, 1), 200), (date(2024, 2, 1), 1069)]


def test_days_of_many_rows_are_left_as_declared_rather_than_walked_for_ever():
    amounts = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    order = next(iter(permutations(amounts[::-1])))
    balance, rows = 0, []
    for place, amount in enumerate(order):
        balance += amount
        rows.append((str(20 - place), "A", D1, "CASH_IN", amount, balance))
    chain = follow_chain(bank(rows), RunningBalance((), "txn_no", 0, True, False))
    assert chain.unexplained == 8
