"""A made-up bank of any size as lake files: one year of facts with the skew of a real one.

Every row follows from its number by hashing, so a size is always the same bank, and nothing is read back.
A tenth of the accounts make half of the transactions; balances are heavy-tailed; few customers speak.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

AS_OF = date(2026, 9, 30)
TABLES = ("customers", "products", "accounts", "balances", "transactions", "events", "relations")
MONTHS = [date(2025 + (9 + i) // 12, (9 + i) % 12 + 1, 1) for i in range(12)]

_RANDOM = "CREATE OR REPLACE MACRO chance(i, salt) AS (hash(i::BIGINT * 1000 + salt) % 1000000) / 1e6"

_CUSTOMERS = """
SELECT i AS customer_id,
       CASE WHEN chance(i, 1) < 0.92 THEN 'INDIVIDUAL' ELSE 'ENTERPRISE' END AS kind,
       CASE WHEN chance(i, 1) < 0.92 THEN 'RETAIL' WHEN chance(i, 1) < 0.97 THEN 'MICRO'
            WHEN chance(i, 1) < 0.995 THEN 'CORPORATE' ELSE 'PROJECT' END AS business_type,
       CASE WHEN chance(i, 1) >= 0.92 OR chance(i, 2) < 0.7 THEN 'GENERAL'
            WHEN chance(i, 2) < 0.82 THEN 'CARD'
            WHEN chance(i, 2) < 0.98 THEN 'WEALTH' ELSE 'PRIVATE' END AS customer_group,
       CAST(1 + floor(chance(i, 3) * 200) AS BIGINT) AS outlet_id,
       DATE '2026-09-01' - CAST(floor(pow(chance(i, 4), 1.5) * 7300) AS INTEGER) AS opened_on,
       CASE WHEN chance(i, 5) < 0.12
            THEN DATE '2026-09-01' - CAST(floor(pow(chance(i, 4), 1.5) * 7300 * chance(i, 6)) AS INTEGER)
       END AS closed_on
FROM range(1, $customers + 1) t(i)
"""
_PRODUCTS = """
SELECT * FROM (VALUES
  (1, 'DEMAND', 9000, 0, 0, true), (2, 'TERM', 13000, 0, 0, true), (3, 'TERM', 11000, 0, 0, true),
  (4, 'LOAN', 17000, 5400, 0, true), (5, 'LOAN', 24000, 9000, 0, true), (6, 'CARD', 60000, 21000, 2000, true),
  (7, 'WEALTH', 6000, 0, 5000, true), (8, 'FUND', 7500, 0, 3000, true), (9, 'INSURANCE', 0, 0, 20000, true),
  (10, 'PAYROLL', 0, 0, 0, false), (11, 'SERVICE', 0, 0, 1200, true), (12, 'SERVICE', 0, 0, 0, false)
) AS p(product_id, category, margin_ppm, loss_ppm, fee_cents, is_chosen)
"""
_ACCOUNTS = """
SELECT i AS account_id,
       CASE WHEN i <= $customers THEN i ELSE CAST(1 + floor(pow(chance(i, 11), 2) * $customers) AS BIGINT) END
           AS customer_id,
       CASE WHEN i <= $customers THEN 1 ELSE CAST(2 + floor(chance(i, 12) * 11) AS BIGINT) END AS product_id,
       CAST(floor(1e5 * pow(10, chance(i, 13) * 3)) AS BIGINT) AS principal_cents,
       DATE '2026-09-15' - CAST(floor(pow(chance(i, 14), 2) * 3650) AS INTEGER) AS opened_on,
       CASE WHEN chance(i, 15) < 0.7 THEN 'NEW' WHEN chance(i, 15) < 0.9 THEN 'RENEWED'
            ELSE 'ROLLED' END AS opening,
       CASE WHEN chance(i, 16) < 0.3 THEN DATE '2025-06-01' + CAST(floor(chance(i, 17) * 900) AS INTEGER) END
           AS matures_on,
       CASE WHEN chance(i, 18) < 0.1 THEN DATE '2026-09-20' - CAST(floor(chance(i, 19) * 500) AS INTEGER) END
           AS closed_on
FROM range(1, CAST($customers * 1.5 AS BIGINT) + 1) t(i)
"""
_BALANCES = """
SELECT account_id, customer_id, $month::DATE AS month_on,
       CAST(floor(principal_cents * (0.4 + chance(account_id, 20 + $at))
                  * (1 + $at * (chance(account_id, 40) - 0.5) / 10)) AS BIGINT) AS average_cents,
       CAST(floor(principal_cents * (0.4 + chance(account_id, 21 + $at))) AS BIGINT) AS end_cents
FROM read_parquet($accounts) WHERE opened_on <= last_day($month::DATE)
"""
_TRANSACTIONS = """
SELECT CAST($at::BIGINT * 1000000000 + i AS VARCHAR) AS txn_no, account AS account_id,
       CASE WHEN account <= $customers THEN account
            ELSE CAST(1 + floor(pow(chance(account, 11), 2) * $customers) AS BIGINT) END AS customer_id,
       $month::DATE + CAST(floor(chance(i, 60 + $at) * 28) AS INTEGER) AS booked_on,
       CASE WHEN spot < 0.04 THEN 'FEE' WHEN spot < 0.30 THEN 'CARD_PURCHASE'
            WHEN spot < 0.55 THEN 'TRANSFER_OUT' WHEN spot < 0.75 THEN 'TRANSFER_IN'
            WHEN spot < 0.83 THEN 'CASH_OUT' WHEN spot < 0.88 THEN 'CASH_IN'
            WHEN spot < 0.93 THEN 'SALARY' ELSE 'INTEREST' END AS kind,
       CASE WHEN spot < 0.04 THEN -CAST(200 + floor(spot * 1e5) AS BIGINT)
            WHEN spot < 0.55 OR spot BETWEEN 0.75 AND 0.83
            THEN -CAST(floor(pow(10, 2 + chance(i, 90) * 4)) AS BIGINT)
            ELSE CAST(floor(pow(10, 2 + chance(i, 90) * 4)) AS BIGINT) END AS amount_cents,
       CASE WHEN spot >= 0.93 OR spot < 0.04 THEN 'BANK' WHEN chance(i, 91) < 0.6 THEN 'MOBILE'
            WHEN chance(i, 91) < 0.8 THEN 'POS' WHEN chance(i, 91) < 0.9 THEN 'ONLINE'
            ELSE 'COUNTER' END AS channel,
       CAST(NULL AS BIGINT) AS balance_cents, CAST(NULL AS VARCHAR) AS purpose,
       CAST(NULL AS VARCHAR) AS counter_bank
FROM (SELECT i, chance(i, 120 + $at) AS spot,
             CAST(1 + floor(pow(chance(i, 140 + $at), 3) * $customers * 1.5) AS BIGINT) AS account
      FROM range(1, $rows + 1) t(i))
"""
_EVENTS = """
SELECT CAST(i AS VARCHAR) AS event_no, kind,
       CAST(1 + floor(chance(i, 151) * $customers) AS BIGINT) AS customer_id,
       DATE '2025-10-01' + CAST(floor(chance(i, 153) * 364) AS INTEGER) AS happened_on,
       CASE kind WHEN 'COMPLAINT' THEN CASE WHEN chance(i, 154) < 0.6 THEN 'FOUNDED' ELSE 'UNFOUNDED' END
                 WHEN 'ANSWER' THEN CASE WHEN chance(i, 154) < 0.95 THEN 'VALID' ELSE 'INVALID' END
                 WHEN 'REFERRAL' THEN CASE WHEN chance(i, 154) < 0.5 THEN 'QUALIFIED' ELSE 'UNQUALIFIED' END
                 ELSE 'DONE' END AS outcome,
       CASE WHEN kind = 'COMPLAINT' THEN CAST(1 + floor(chance(i, 155) * 3) AS BIGINT) END AS severity,
       CASE WHEN kind = 'ANSWER' THEN CAST(1 + floor(sqrt(chance(i, 156)) * 5) AS BIGINT) END AS satisfaction,
       CASE WHEN kind = 'ANSWER' THEN CAST(floor(sqrt(chance(i, 157)) * 11) AS BIGINT) END AS intention,
       CAST(NULL AS BIGINT) AS amount_cents
FROM (SELECT i, CASE WHEN chance(i, 152) < 0.1 THEN 'COMPLAINT' WHEN chance(i, 152) < 0.6 THEN 'ANSWER'
                     WHEN chance(i, 152) < 0.75 THEN 'REFERRAL' ELSE 'CONTACT' END AS kind
      FROM range(1, CAST($customers * 0.6 AS BIGINT) + 1) t(i))
"""
_RELATIONS = """
SELECT 1::BIGINT AS from_customer_id, 2::BIGINT AS to_customer_id, 'SPOUSE' AS kind, NULL::DATE AS since_on
"""


def make(folder: Path, customers: int, transactions: int) -> None:
    """Write a bank of this size as Parquet below a folder."""
    connection = duckdb.connect()
    connection.execute(_RANDOM)

    def write(name: str, sql: str, **values: object) -> Path:
        path = folder / f"{name}.parquet"
        connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)", values)
        return path

    accounts = write("accounts", _ACCOUNTS, customers=customers)
    write("customers", _CUSTOMERS, customers=customers)
    write("products", _PRODUCTS)
    write("events", _EVENTS, customers=customers)
    write("relations", _RELATIONS)
    for at, month in enumerate(MONTHS):
        share = transactions // 12 + (at < transactions % 12)
        write(f"balances-{month:%Y-%m}", _BALANCES, month=month, at=at, accounts=str(accounts))
        write(
            f"transactions-{month:%Y-%m}", _TRANSACTIONS, month=month, at=at, rows=share, customers=customers
        )
    connection.close()


def files_in(folder: Path) -> dict[str, list[Path]]:
    """The files `make` has written, by table."""
    return {table: sorted(folder.glob(f"{table}*.parquet")) for table in TABLES}
