"""The made-up life is dense and coherent enough that every indicator means something."""

from __future__ import annotations

import pytest

from zhike.facts.demo.bank import Bank

WINDOW = "BETWEEN DATE '2025-10-01' AND DATE '2026-09-30'"
SUMMER = "BETWEEN DATE '2026-07-01' AND DATE '2026-09-30'"
AUM = """SELECT customer_no, month_on, sum(average_cents) AS aum_cents
    FROM balances JOIN accounts USING (account_no) JOIN products USING (product_code)
    WHERE category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE') GROUP BY ALL"""


def figures(bank: Bank, sql: str) -> list[tuple]:
    return bank.connection.execute(sql).fetchall()


def yearly_rate(bank: Bank, condition: str) -> float:
    (line,) = figures(
        bank,
        f"""SELECT count(*) / (SELECT count(*) FROM customers WHERE closed_on IS NULL)
            FROM events WHERE {condition} AND happened_on {WINDOW}""",
    )
    return line[0]


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("kind = 'COMPLAINT'", 0.025, 0.06),
        ("kind = 'COMPLAINT' AND outcome = 'FOUNDED'", 0.012, 0.04),
        ("kind = 'ANSWER' AND outcome = 'VALID'", 0.18, 0.32),
        ("kind = 'REFERRAL'", 0.07, 0.14),
        ("kind = 'REFERRAL' AND outcome = 'QUALIFIED'", 0.025, 0.07),
        ("kind IN ('CONTACT', 'VISIT')", 0.8, 2.0),
    ],
)
def test_events_are_as_frequent_as_in_a_city_bank(
    bank: Bank, condition: str, low: float, high: float
) -> None:
    assert low < yearly_rate(bank, condition) < high


def test_every_aum_band_has_customers(bank: Bank) -> None:
    found = figures(
        bank,
        f"""WITH aum AS ({AUM})
            SELECT (aum_cents >= 5000000)::INT + (aum_cents >= 20000000)::INT + (aum_cents >= 50000000)::INT
                + (aum_cents >= 200000000)::INT + (aum_cents >= 600000000)::INT
                + (aum_cents >= 1000000000)::INT AS band, count(*)
            FROM aum JOIN customers USING (customer_no)
            WHERE month_on = DATE '2026-09-01' AND closed_on IS NULL GROUP BY 1 ORDER BY 1""",
    )
    assert [band for band, _ in found] == list(range(7))
    assert min(count for _, count in found) >= 5


def test_every_weight_set_has_customers(bank: Bank) -> None:
    found = figures(
        bank, "SELECT DISTINCT business_type, customer_group FROM customers WHERE closed_on IS NULL"
    )
    assert set(found) >= {
        ("RETAIL", "GENERAL"), ("RETAIL", "WEALTH"), ("RETAIL", "PRIVATE"), ("RETAIL", "CARD"),
        ("MICRO", "GENERAL"), ("CORPORATE", "GENERAL"), ("PROJECT", "GENERAL"),
    }  # fmt: skip


def test_purchases_spread_from_none_to_many(bank: Bank) -> None:
    found = figures(
        bank,
        f"""SELECT purchases, count(*) FROM (
                SELECT customer_no,
                    count(*) FILTER (is_chosen AND opening <> 'ROLLED' AND a.opened_on {WINDOW}) AS purchases
                FROM customers AS c JOIN accounts AS a USING (customer_no) JOIN products USING (product_code)
                WHERE c.closed_on IS NULL GROUP BY 1) GROUP BY 1""",
    )
    counts = dict(found)
    total = sum(counts.values())
    assert 0.25 < sum(n for purchases, n in found if purchases >= 1) / total < 0.7
    assert all(counts.get(purchases, 0) >= 5 for purchases in range(8))


def test_founded_complaints_low_answers_and_leaving_go_together(bank: Bank) -> None:
    leaving = dict(
        figures(
            bank,
            """SELECT e.satisfaction <= 2, avg((closed_on IS NOT NULL)::INT)
               FROM customers JOIN events AS e USING (customer_no)
               WHERE e.kind = 'ANSWER' AND satisfaction IN (1, 2, 5) AND happened_on < DATE '2026-03-31'
               GROUP BY 1""",
        )
    )
    assert leaving[True] > 4 * leaving[False]
    complained = dict(
        figures(
            bank,
            """SELECT customer_no IN (SELECT customer_no FROM events WHERE kind = 'COMPLAINT'
                   AND outcome = 'FOUNDED' AND happened_on < DATE '2025-09-30'),
                   avg((closed_on IS NOT NULL)::INT)
               FROM customers WHERE opened_on < DATE '2024-10-01' AND coalesce(closed_on, DATE '2099-01-01')
                   > DATE '2025-09-30' GROUP BY 1""",
        )
    )
    assert complained[True] > 2 * complained[False]


def test_each_named_manager_has_customers_who_fell_and_who_rose(bank: Bank) -> None:
    found = figures(
        bank,
        f"""WITH aum AS ({AUM}), moved AS (
                SELECT customer_no,
                    b.aum_cents < 0.8 * a.aum_cents AS fell, b.aum_cents > 1.25 * a.aum_cents AS rose
                FROM aum AS a JOIN aum AS b USING (customer_no)
                WHERE a.month_on = DATE '2026-06-01' AND b.month_on = DATE '2026-09-01'
                  AND a.aum_cents > 3000000)
            SELECT manager_no, count(DISTINCT customer_no) FILTER (fell),
                count(DISTINCT customer_no) FILTER (rose),
                (SELECT count(*) FROM events JOIN customers AS mine USING (customer_no)
                 WHERE mine.manager_no = c.manager_no AND events.kind = 'COMPLAINT' AND outcome = 'FOUNDED'
                   AND happened_on {SUMMER})
            FROM customers AS c JOIN moved USING (customer_no)
            WHERE closed_on IS NULL AND manager_no IN ('T0101', 'T0102', 'T0103') GROUP BY 1""",
    )
    assert len(found) == 3
    for manager_no, fell, rose, complaints in found:
        assert (manager_no, fell >= 2, rose >= 2, complaints >= 2) == (manager_no, True, True, True)


def test_some_maturing_money_is_renewed_some_rolls_and_some_leaves(bank: Bank) -> None:
    ((matured, renewed, rolled),) = figures(
        bank,
        f"""WITH terms AS (SELECT a.* FROM accounts AS a JOIN products USING (product_code)
                WHERE category IN ('TERM', 'WEALTH'))
            SELECT (SELECT count(*) FROM terms WHERE matures_on = closed_on AND closed_on {WINDOW}),
                (SELECT count(*) FROM terms WHERE opening = 'RENEWED' AND opened_on {WINDOW}),
                (SELECT count(*) FROM terms WHERE opening = 'ROLLED' AND opened_on {WINDOW})""",
    )
    assert 0.4 < renewed / matured < 0.7
    assert 0.15 < rolled / matured < 0.4
    assert 0.05 < 1 - (renewed + rolled) / matured < 0.25


def test_phones_take_over_and_the_old_keep_the_counter(bank: Bank) -> None:
    mobile = "avg((channel = 'MOBILE')::INT)"
    ((early, late),) = figures(
        bank,
        f"""SELECT {mobile} FILTER (booked_on < DATE '2025-04-01'),
                {mobile} FILTER (booked_on >= DATE '2026-04-01')
            FROM transactions WHERE kind = 'CARD_PURCHASE'""",
    )
    assert late > early + 0.04
    ((young, old),) = figures(
        bank,
        f"""SELECT {mobile} FILTER (birth_on > DATE '1996-01-01'),
                {mobile} FILTER (birth_on < DATE '1961-01-01')
            FROM transactions AS t JOIN accounts USING (account_no) JOIN customers USING (customer_no)
            WHERE t.kind = 'CARD_PURCHASE'""",
    )
    assert young > old + 0.2


def test_yearly_cohorts_shrink_ever_more_slowly(bank: Bank) -> None:
    ((first, second, fifth, kept),) = figures(
        bank,
        """WITH lives AS (
               SELECT date_diff('day', opened_on, coalesce(closed_on, DATE '2099-01-01')) / 365.25 AS years
               FROM customers WHERE opened_on < DATE '2020-09-30')
           SELECT avg((years < 1)::INT),
               count(*) FILTER (years < 2 AND years >= 1) / count(*) FILTER (years >= 1),
               count(*) FILTER (years < 6 AND years >= 4) / 2 / count(*) FILTER (years >= 4),
               avg((years >= 6)::INT)
           FROM lives""",
    )
    # shifted beta geometric with 0.45 and 4.8: 8.6 %, 7.2 %, about 5 % a year; 68 % stay six years
    assert first == pytest.approx(0.086, abs=0.02)
    assert second == pytest.approx(0.072, abs=0.02)
    assert fifth == pytest.approx(0.046, abs=0.02)
    assert kept == pytest.approx(0.68, abs=0.05)


def test_some_put_their_card_away_while_everything_else_goes_on(bank: Bank) -> None:
    """Else no model of repeat buying has anybody to find who stopped without a word (formula E.5)."""
    ((users, quiet, quiet_and_moving),) = figures(
        bank,
        """WITH used AS (
               SELECT customer_no, count(*) FILTER (t.kind = 'CARD_PURCHASE' AND booked_on < '2026-01-01') AS early,
                   count(*) FILTER (t.kind = 'CARD_PURCHASE' AND booked_on >= '2026-01-01') AS late,
                   count(*) FILTER (t.kind = 'TRANSFER_OUT' AND booked_on >= '2026-01-01') AS moved
               FROM transactions AS t JOIN accounts USING (account_no) JOIN customers AS c USING (customer_no)
               WHERE c.closed_on IS NULL GROUP BY 1)
           SELECT count(*), count(*) FILTER (late = 0), count(*) FILTER (late = 0 AND moved > 0) FROM used
           WHERE early >= 24""",
    )
    assert 0.05 < quiet / users < 0.25
    assert quiet_and_moving > 0.9 * quiet
