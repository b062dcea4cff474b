-- Closes the accounts of customers $low..$high, finds what their demand accounts started with so that
-- none ever runs dry, then posts: transactions with running balances, and monthly balances from them.

-- Loans, cards, funds and insurance that end are settled against the demand account.
CREATE OR REPLACE TEMP TABLE settlements AS
SELECT h.i, role, instance, any_value(h.closed_on) AS booked_on,
    any_value(CASE WHEN role IN (21, 31) THEN -start_cents ELSE start_cents END) + coalesce(sum(amount_cents), 0)::BIGINT
        AS rest_cents
FROM holdings AS h LEFT JOIN flows USING (i, role, instance)
WHERE role IN (21, 31, 41, 51) AND h.closed_on BETWEEN window_on() AND business_on() AND h.i BETWEEN $low AND $high
GROUP BY h.i, role, instance
HAVING rest_cents <> 0;

INSERT INTO flows BY NAME
SELECT i, role, instance, booked_on, 8 AS ord,
    CASE role WHEN 21 THEN 'LOAN_REPAYMENT' WHEN 31 THEN 'TRANSFER_IN' ELSE 'REDEMPTION' END AS kind,
    -rest_cents AS amount_cents, 'BANK' AS channel, '结清' AS purpose
FROM settlements
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, booked_on, 8 AS ord,
    CASE role WHEN 21 THEN 'LOAN_REPAYMENT' WHEN 31 THEN 'TRANSFER_OUT' ELSE 'REDEMPTION' END AS kind,
    rest_cents AS amount_cents, 'BANK' AS channel, '结清' AS purpose
FROM settlements;

CREATE OR REPLACE TEMP TABLE starts AS
WITH prefixes AS (
    SELECT i, booked_on, amount_cents,
        sum(amount_cents) OVER (PARTITION BY i ORDER BY booked_on, ord, amount_cents, kind, channel, purpose, counter_bank
            ROWS UNBOUNDED PRECEDING) AS prefix_cents
    FROM flows WHERE role = 11
), lows AS (
    SELECT i, least(0, min(prefix_cents))::BIGINT AS low_cents, sum(amount_cents)::BIGINT AS total_cents,
        -- money times days of the last month, for the cast's exact averages
        sum(amount_cents * least(last_days(), date_diff('day', booked_on, business_on()) + 1))::BIGINT AS weighted_cents
    FROM prefixes GROUP BY i
)
SELECT p.i, h.opened_on, h.closed_on, h.opened_on >= window_on() AS is_new,
    coalesce(low_cents, 0) AS low, coalesce(weighted_cents, 0) AS weighted, coalesce(total_cents, 0) AS total_cents,
    CASE WHEN demand_average_cents IS NOT NULL
         THEN demand_average_cents - (weighted - ((weighted % last_days()) + last_days()) % last_days()) // last_days()
         ELSE demand_cents * (90 + below(draw('start', p.i, 0), 20)) // 100 END AS wanted_cents,
    greatest(wanted_cents, CASE WHEN low < 0 THEN 100 - low + CASE WHEN demand_average_cents IS NULL
        THEN demand_cents * below(draw('cushion', p.i, 0), 250) // 1000 ELSE 0 END END) AS start_cents
FROM people AS p JOIN holdings AS h ON h.i = p.i AND h.role = 11
LEFT JOIN lows ON lows.i = p.i
WHERE p.i BETWEEN $low AND $high;

INSERT INTO flows BY NAME
SELECT i, 11 AS role, 0 AS instance, opened_on AS booked_on, 0 AS ord,
    CASE WHEN draw('first deposit', i, 0) % 3 = 0 THEN 'TRANSFER_IN' ELSE 'CASH_IN' END AS kind,
    start_cents AS amount_cents, 'COUNTER' AS channel, '开户存入' AS purpose
FROM starts WHERE is_new
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, closed_on AS booked_on, 9 AS ord, 'TRANSFER_OUT' AS kind,
    -(start_cents + total_cents) AS amount_cents, 'COUNTER' AS channel, '销户转出' AS purpose
FROM starts WHERE closed_on <= business_on() AND start_cents + total_cents <> 0;

-- sign: what the bank owes is the sum of the flows, what it is owed the opposite.
CREATE OR REPLACE TEMP TABLE positions AS
SELECT h.i, role, instance, h.opened_on, h.closed_on,
    CASE WHEN role = 11 THEN CASE WHEN s.is_new THEN 0 ELSE s.start_cents END ELSE h.start_cents END AS start_cents,
    CASE WHEN role IN (21, 31) THEN -1 ELSE 1 END AS sign
FROM holdings AS h LEFT JOIN starts AS s ON s.i = h.i AND h.role = 11
WHERE h.i BETWEEN $low AND $high AND role < 60;

INSERT INTO main.transactions BY NAME
SELECT
    txn_no(f.i, role, instance, booked_on,
        row_number() OVER account) AS txn_no,
    account_no(f.i, role, instance) AS account_no, booked_on, kind, amount_cents, channel,
    CASE WHEN sign = 1 THEN (start_cents + sum(amount_cents) OVER account)::BIGINT END AS balance_cents,
    purpose, counter_bank
FROM flows AS f JOIN positions USING (i, role, instance)
WINDOW account AS (PARTITION BY f.i, role, instance
    ORDER BY booked_on, ord, amount_cents, kind, channel, purpose, counter_bank ROWS UNBOUNDED PRECEDING);

-- One line per account and month it lived, with the month before the window as the opening position.
INSERT INTO main.balances BY NAME
WITH calendar AS (
    SELECT month_on, days FROM months UNION ALL SELECT (window_on() - INTERVAL 1 MONTH)::DATE, 1
), moved AS (
    SELECT i, role, instance, date_trunc('month', booked_on)::DATE AS month_on, sum(amount_cents)::BIGINT AS moved_cents,
        sum(amount_cents * (least((date_trunc('month', booked_on) + INTERVAL 1 MONTH)::DATE - 1, business_on()) - booked_on + 1))::BIGINT
            AS weighted_cents
    FROM flows GROUP BY ALL
), lines AS (
    SELECT p.*, c.month_on, days, coalesce(weighted_cents, 0) * sign AS weighted_cents,
        (start_cents + sign * sum(coalesce(moved_cents, 0)) OVER (PARTITION BY p.i, role, instance ORDER BY c.month_on
            ROWS UNBOUNDED PRECEDING))::BIGINT AS end_cents,
        end_cents - sign * coalesce(moved_cents, 0) AS begin_cents
    FROM positions AS p
    JOIN calendar AS c ON c.month_on >= date_trunc('month', p.opened_on) AND c.month_on <= coalesce(p.closed_on, business_on())
    LEFT JOIN moved AS m USING (i, role, instance, month_on)
)
SELECT account_no(i, role, instance) AS account_no, month_on, (begin_cents * days + weighted_cents) // days AS average_cents,
    end_cents
FROM lines;
