-- The money that moves in accounts, for customers $low..$high. Amounts are from the account's view:
-- in is +, out is -. Within a day rows are posted by `ord`.

-- Products taken and ended. The demand account is the other side of every one of them.
INSERT INTO flows BY NAME
WITH terms AS (
    SELECT h.*, category, rate_ppm, p.trouble_on, p.digital,
        CASE category WHEN 'WEALTH' THEN 'SUBSCRIPTION' ELSE 'TRANSFER' END AS style,
        CASE WHEN opening = 'ROLLED' THEN 'BANK'
             WHEN below(draw('term channel', h.i, role * 100 + instance), 1000) < digital THEN 'MOBILE' ELSE 'COUNTER' END
            AS channel,
        name AS purpose,
        -- the term's interest; a term broken off on leaving the bank earns none
        CASE WHEN ending IS NULL THEN 0 ELSE principal_cents * rate_ppm * months // 12000000 END AS interest_cents,
        h.opened_on >= window_on() AS is_opened,
        h.closed_on BETWEEN window_on() AND business_on() AS is_closed
    FROM holdings AS h JOIN products USING (product_code) JOIN people AS p USING (i)
    WHERE role BETWEEN 12 AND 15 AND h.i BETWEEN $low AND $high
)
SELECT i, role, instance, opened_on AS booked_on, 3 AS ord,
    CASE style WHEN 'SUBSCRIPTION' THEN style ELSE 'TRANSFER_IN' END AS kind, principal_cents AS amount_cents, channel, purpose
FROM terms WHERE is_opened
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, opened_on AS booked_on, 5 AS ord,
    CASE style WHEN 'SUBSCRIPTION' THEN style ELSE 'TRANSFER_OUT' END AS kind, -principal_cents AS amount_cents, channel, purpose
FROM terms WHERE is_opened AND opening = 'NEW'
UNION ALL BY NAME
SELECT t.i, 11 AS role, 0 AS instance,
    greatest(t.opened_on - below(draw('new money', t.i, 100 + t.role), 3)::INT, p.opened_on) AS booked_on, 1 AS ord,
    'TRANSFER_IN' AS kind, principal_cents AS amount_cents, channel, '他行转入' AS purpose,
    pick(other_banks(), 'new money', t.i, 200 + t.role) AS counter_bank
FROM terms AS t JOIN people AS p USING (i)
WHERE is_opened AND opening = 'NEW' AND brings_money AND t.opened_on - 3 >= window_on()
UNION ALL BY NAME
SELECT i, role, instance, closed_on AS booked_on, 1 AS ord, 'INTEREST' AS kind, interest_cents AS amount_cents,
    'BANK' AS channel, purpose
FROM terms WHERE is_closed AND interest_cents > 0
UNION ALL BY NAME
SELECT i, role, instance, closed_on AS booked_on, 6 AS ord,
    CASE style WHEN 'SUBSCRIPTION' THEN 'REDEMPTION' ELSE 'TRANSFER_OUT' END AS kind,
    -(principal_cents + interest_cents) AS amount_cents, 'BANK' AS channel, purpose
FROM terms WHERE is_closed
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, closed_on AS booked_on, 2 AS ord,
    CASE style WHEN 'SUBSCRIPTION' THEN 'REDEMPTION' ELSE 'TRANSFER_IN' END AS kind,
    CASE WHEN ending IN ('RENEWED', 'ROLLED') THEN 0 ELSE principal_cents END + interest_cents AS amount_cents,
    'BANK' AS channel, purpose
FROM terms WHERE is_closed AND (coalesce(ending, 'LEFT') = 'LEFT' OR interest_cents > 0)
UNION ALL BY NAME
-- what an unhappy customer takes out of a term leaves the bank a few days later
SELECT i, 11 AS role, 0 AS instance, closed_on + 2 + below(draw('taken away', i, role), 5)::INT AS booked_on, 5 AS ord,
    'TRANSFER_OUT' AS kind, -principal_cents AS amount_cents,
    CASE WHEN digital > 500 THEN 'MOBILE' ELSE 'COUNTER' END AS channel, '转出他行' AS purpose,
    pick(other_banks(), 'taken away', i, role) AS counter_bank
FROM terms WHERE is_closed AND ending = 'LEFT'
  AND (trouble_on <= closed_on OR i >= first_generated() AND below(draw('taken away', i, 100 + role), 100) < 35);

-- Loans: paid out to the demand account, repaid from it in equal parts with interest.
INSERT INTO flows BY NAME
WITH loans AS (
    SELECT h.*, months, rate_ppm, name AS purpose, principal_cents // months AS part_cents
    FROM holdings AS h JOIN products USING (product_code)
    WHERE role = 21 AND i BETWEEN $low AND $high
), dues AS (
    SELECT loans.*, k,
        (opened_on + to_months(k::INT))::DATE AS due_on,
        CASE WHEN k = months THEN principal_cents - part_cents * (months - 1) ELSE part_cents END AS due_cents,
        (principal_cents - part_cents * (k - 1)) * rate_ppm // 12000000 AS interest_cents
    FROM loans CROSS JOIN LATERAL range(1, months + 1) AS numbers(k)
    WHERE due_on >= window_on() AND due_on < coalesce(closed_on, business_on()) + 1
      AND (due_on < coalesce(closed_on, business_on() + 1) OR k = months)
), sides AS (
    SELECT i, role, instance, opened_on AS booked_on, 3 AS ord, 'LOAN_DRAWDOWN' AS kind, -principal_cents AS amount_cents,
        'BANK' AS channel, purpose
    FROM loans WHERE opened_on >= window_on()
    UNION ALL BY NAME
    SELECT i, 11 AS role, 0 AS instance, opened_on AS booked_on, 2 AS ord, 'LOAN_DRAWDOWN' AS kind,
        principal_cents AS amount_cents, 'BANK' AS channel, purpose
    FROM loans WHERE opened_on >= window_on()
    UNION ALL BY NAME
    -- most of what is lent is spent at once
    SELECT i, 11 AS role, 0 AS instance, opened_on AS booked_on, 7 AS ord, 'TRANSFER_OUT' AS kind,
        -(principal_cents * 9 // 10) AS amount_cents, 'COUNTER' AS channel, '受托支付' AS purpose,
        pick(other_banks(), 'loan paid to', i, 0) AS counter_bank
    FROM loans WHERE opened_on >= window_on()
    UNION ALL BY NAME
    SELECT i, role, instance, due_on AS booked_on, 3 AS ord, 'LOAN_REPAYMENT' AS kind, due_cents AS amount_cents,
        'BANK' AS channel, purpose
    FROM dues
    UNION ALL BY NAME
    SELECT i, 11 AS role, 0 AS instance, due_on AS booked_on, 6 AS ord, 'LOAN_REPAYMENT' AS kind,
        -(due_cents + interest_cents) AS amount_cents, 'BANK' AS channel, purpose
    FROM dues
    UNION ALL BY NAME
    SELECT i, 11 AS role, 0 AS instance, due_on AS booked_on, 7 AS ord, 'PENALTY' AS kind,
        -(1000 + interest_cents // 20) AS amount_cents, 'BANK' AS channel, '逾期罚息' AS purpose
    FROM dues WHERE below(draw('late', i, k), 1000) < 8
)
FROM sides;

-- Fund plans monthly, insurance premiums yearly.
INSERT INTO flows BY NAME
WITH plans AS (
    SELECT h.*, name AS purpose, CASE role WHEN 41 THEN 1 ELSE 12 END AS step,
        (opened_on + to_months((k * step)::INT))::DATE AS booked_on
    FROM holdings AS h JOIN products USING (product_code) CROSS JOIN range(0, 320) AS numbers(k)
    WHERE role IN (41, 51) AND i BETWEEN $low AND $high
      AND booked_on >= window_on() AND booked_on <= business_on() AND booked_on < coalesce(closed_on, business_on() + 1)
)
SELECT i, role, instance, booked_on, 3 AS ord, 'SUBSCRIPTION' AS kind, principal_cents AS amount_cents,
    'MOBILE' AS channel, purpose
FROM plans
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, booked_on, 5 AS ord, 'SUBSCRIPTION' AS kind, -principal_cents AS amount_cents,
    'MOBILE' AS channel, purpose
FROM plans;

-- A relationship that turns takes its free money away in three steps; one that warms brings some.
INSERT INTO flows BY NAME
SELECT i, 11 AS role, 0 AS instance, trouble_on + (5 + step * 24)::INT AS booked_on, 8 AS ord, 'TRANSFER_OUT' AS kind,
    -greatest(100, demand_cents * (18 + below(draw('drain', i, 0), 10)) // 100) AS amount_cents,
    CASE WHEN digital > 450 THEN 'MOBILE' ELSE 'COUNTER' END AS channel, '转出他行' AS purpose,
    pick(other_banks(), 'drain', i, 1) AS counter_bank
FROM present CROSS JOIN (VALUES (0), (1), (2)) AS steps(step)
WHERE i BETWEEN $low AND $high AND activity <> 'DORMANT'
  AND trouble_on + (5 + step * 24)::INT BETWEEN window_on() AND least(business_on(), coalesce(closed_on - 1, business_on()))
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, uplift_on AS booked_on, 1 AS ord, 'TRANSFER_IN' AS kind,
    greatest(1000000, wealth_cents * 4 // 10 // 100000 * 100000) AS amount_cents, 'MOBILE' AS channel, '他行转入' AS purpose,
    pick(other_banks(), 'uplift', i, 0) AS counter_bank
FROM present
WHERE i BETWEEN $low AND $high AND activity <> 'DORMANT'
  AND uplift_on BETWEEN window_on() AND least(business_on(), coalesce(closed_on - 1, business_on()));

-- Quarter-end deposits of those who are asked for them, and demand interest.
INSERT INTO flows BY NAME
WITH quarters AS (
    SELECT p.i, demand_cents * (8 + below(draw('quarter end', p.i, position), 22)) // 100 AS lent_cents, month_on,
        (month_on + INTERVAL 1 MONTH)::DATE - 3 AS in_on, (month_on + INTERVAL 1 MONTH)::DATE + 4 AS out_on,
        p.opened_on, p.closed_on
    FROM present AS p CROSS JOIN months
    WHERE p.i BETWEEN greatest($low, first_generated()) AND $high AND month(month_on) % 3 = 0 AND activity <> 'DORMANT'
      AND wealth_cents > 20000000 AND below(draw('quarter end', p.i, 100 + position), 100) < 30
      AND in_on > p.opened_on AND in_on <= business_on() AND out_on < coalesce(p.closed_on, business_on() + 30)
)
SELECT i, 11 AS role, 0 AS instance, in_on AS booked_on, 2 AS ord, 'TRANSFER_IN' AS kind, lent_cents AS amount_cents,
    'COUNTER' AS channel, '季末存款' AS purpose
FROM quarters
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, out_on AS booked_on, 6 AS ord, 'TRANSFER_OUT' AS kind, -lent_cents AS amount_cents,
    'MOBILE' AS channel, '季初转出' AS purpose
FROM quarters WHERE out_on <= business_on()
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, month_on + 20 AS booked_on, 1 AS ord, 'INTEREST' AS kind,
    demand_cents * 125 // 1000000 AS amount_cents, 'BANK' AS channel, '活期结息' AS purpose
FROM present CROSS JOIN months
WHERE i BETWEEN $low AND $high AND month(month_on) % 3 = 0 AND demand_cents * 125 // 1000000 >= 500
  AND month_on + 20 BETWEEN opened_on + 90 AND least(business_on(), coalesce(closed_on - 1, business_on()));
