-- Everyday life of customers $low..$high: income, spending, cards, cash. $detail is the per cent of
-- everyday rows written; the fewer rows are, the larger each is, so the money moved stays the same.

CREATE OR REPLACE TEMP TABLE living AS
SELECT p.*, month_on, position, days, season,
    (trouble_on <= month_on) IS TRUE AS is_troubled,
    greatest(month_on, p.opened_on + 1) AS from_on,
    least(month_on + days - 1, business_on(), coalesce(p.closed_on - 1, business_on())) AS to_on,
    -- The cards some put away for good while everything else goes on: lives of Pareto's kind, so that a model of
    -- repeat buying has somebody to find. One in five within the two years; the characters keep theirs.
    1 + below(draw('card', i, 0), 65536)::BIGINT AS mark,
    CASE WHEN i >= first_generated() THEN
        greatest(p.opened_on, window_on()) + least(36500, 3000 * (65536 - mark) // mark)::INT END AS card_until
FROM present AS p CROSS JOIN months
WHERE p.i BETWEEN $low AND $high AND activity <> 'DORMANT' AND from_on <= to_on;

-- Salaries on the employer's day, pensions on the fifteenth, other income when it comes.
INSERT INTO flows BY NAME
SELECT i, 11 AS role, 0 AS instance,
    CASE income_kind WHEN 'PENSION' THEN month_on + 14 WHEN 'SALARY' THEN month_on + 4 + below(draw('payday', i, 0), 20)::INT
         ELSE month_on + below(draw('income day', i, position), days)::INT END AS booked_on,
    2 AS ord, income_kind AS kind,
    income_cents * (96 + below(draw('income', i, 100 + position), 9)) // 100
        * CASE WHEN income_kind = 'SALARY' AND month(month_on) = 1 THEN 2 ELSE 1 END AS amount_cents,
    CASE income_kind WHEN 'SALARY' THEN 'BANK' WHEN 'PENSION' THEN 'BANK' WHEN 'CASH_IN' THEN 'COUNTER'
         ELSE 'MOBILE' END AS channel,
    CASE income_kind WHEN 'SALARY' THEN '代发工资' WHEN 'PENSION' THEN '养老金' ELSE '收入' END AS purpose
FROM living
WHERE kind = 'INDIVIDUAL' AND booked_on BETWEEN from_on AND to_on
  AND NOT (is_troubled AND stops_income AND income_kind <> 'PENSION')
  AND below(draw('income', i, position), 100) < CASE activity WHEN 'MAIN' THEN 98 WHEN 'ORDINARY' THEN 45 ELSE 10 END;

-- How many rows a month gets, and how much money goes through them.
-- One line per account and kind of life: 1 purse, 2 credit card, 3 a firm's receipts, 4 its payments.
CREATE OR REPLACE TEMP TABLE paces AS
WITH lives AS (
    SELECT living.*, 1 AS life, 11 AS role,
        CASE activity WHEN 'MAIN' THEN 2600 + below(draw('pace', i, 1), 3000)
                      WHEN 'ORDINARY' THEN 700 + below(draw('pace', i, 1), 1400) ELSE 120 END AS rate,
        income_cents * CASE activity WHEN 'MAIN' THEN 70 + below(draw('thrift', i, 0), 30)
                                     WHEN 'ORDINARY' THEN 38 ELSE 7 END // 100 AS budget_cents
    FROM living WHERE kind = 'INDIVIDUAL'
    UNION ALL
    SELECT living.*, 2, 31, 1500 + below(draw('pace', i, 2), 4500),
        income_cents * (15 + below(draw('thrift', i, 2), 25)) // 100
    FROM living JOIN holdings AS h USING (i)
    WHERE h.role = 31 AND month_on > h.opened_on
    UNION ALL
    SELECT living.*, 3, 11, 1500 + below(draw('pace', i, 3), 4000), income_cents
    FROM living WHERE kind = 'ENTERPRISE'
    UNION ALL
    SELECT living.*, 4, 11, 2000 + below(draw('pace', i, 4), 5000), income_cents * (92 + below(draw('thrift', i, 4), 9)) // 100
    FROM living WHERE kind = 'ENTERPRISE'
)
SELECT lives.*,
    greatest(1, rate * $detail // 100) AS thinned,
    ((thinned * season // 1000 * CASE WHEN is_troubled THEN 400 ELSE 1000 END // 1000)
        + below(draw('count', i, position * 8 + life), 1000)) // 1000 AS row_count
FROM lives;

INSERT INTO flows BY NAME
WITH rows AS (
    SELECT p.*, n, position * 1024 + n * 8 + life AS slot,
        -- 双11 and the National Day week draw purchases together
        CASE WHEN month(month_on) = 11 AND n % 3 = 0 THEN month_on + 9 + below(draw('day', i, slot), 3)::INT
             WHEN month(month_on) = 10 AND n % 3 = 0 THEN month_on + below(draw('day', i, slot), 7)::INT
             ELSE month_on + below(draw('day', i, slot), days)::INT END AS booked_on,
        below(draw('size', i, slot), 1000) AS u,
        -- a mean of one, a long tail
        greatest(100, budget_cents * 1000 // thinned * (150 + 34 * (u * u // 1000 * u // 1000) // 10) // 1000) AS size_cents,
        below(draw('what', i, slot), 1000) AS what,
        -- phones take over year by year
        below(draw('channel', i, slot), 1000) < least(950, digital * 85 // 100 + position * 6) AS is_mobile,
        draw('channel', i, slot) % 100 AS other,
        CASE life WHEN 3 THEN 'TRANSFER_IN' WHEN 4 THEN 'TRANSFER_OUT' WHEN 2 THEN 'CARD_PURCHASE'
            ELSE CASE WHEN what < 720 - 250 * (age > 62)::INT AND (booked_on < card_until) IS NOT FALSE THEN 'CARD_PURCHASE'
                      WHEN what < 880 THEN 'TRANSFER_OUT' ELSE 'CASH_OUT' END END AS booked_kind
    FROM paces AS p CROSS JOIN LATERAL range(1, row_count + 1) AS numbers(n)
)
SELECT i, role, 0 AS instance, booked_on, CASE life WHEN 3 THEN 2 ELSE 7 END AS ord,
    booked_kind AS kind,
    CASE life WHEN 3 THEN size_cents ELSE -size_cents END AS amount_cents,
    CASE booked_kind WHEN 'CASH_OUT' THEN CASE WHEN other < 70 THEN 'ATM' ELSE 'COUNTER' END
              WHEN 'CARD_PURCHASE' THEN CASE WHEN is_mobile THEN 'MOBILE' WHEN other < 75 THEN 'POS' ELSE 'ONLINE' END
              ELSE CASE WHEN is_mobile THEN 'MOBILE' WHEN other < 40 THEN 'COUNTER' WHEN other < 95 THEN 'ONLINE'
                        ELSE 'PHONE' END END AS channel,
    CASE booked_kind WHEN 'CARD_PURCHASE' THEN pick(spending(), 'purpose', i, slot) WHEN 'CASH_OUT' THEN '取现'
              WHEN 'TRANSFER_IN' THEN '货款收入'
              ELSE CASE WHEN life = 4 THEN CASE WHEN what < 250 THEN '工资及税费' ELSE '货款支出' END
                        ELSE '转账' END END AS purpose,
    CASE WHEN booked_kind IN ('TRANSFER_IN', 'TRANSFER_OUT') AND other % 2 = 0
         THEN pick(other_banks(), 'counter bank', i, slot) END AS counter_bank
FROM rows
WHERE booked_on BETWEEN from_on AND to_on AND (life <> 2 OR (booked_on < card_until) IS NOT FALSE);

-- A few purchases are reversed within days.
INSERT INTO flows BY NAME
SELECT i, role, instance, booked_on + 2 AS booked_on, 3 AS ord, 'REVERSAL' AS kind, -amount_cents AS amount_cents,
    channel, '消费撤销' AS purpose
FROM flows JOIN people USING (i)
WHERE flows.kind = 'CARD_PURCHASE' AND role = 11
  AND below(draw('reversal', i, date_diff('day', window_on(), booked_on) * 1000 - amount_cents % 1000), 1000) < 4
  AND booked_on + 2 <= least(business_on(), coalesce(closed_on - 1, business_on()));

-- Last month's card spending is repaid on the eighth, from the demand account.
INSERT INTO flows BY NAME
WITH spent AS (
    SELECT i, (date_trunc('month', booked_on) + INTERVAL 1 MONTH)::DATE + 7 AS booked_on, -sum(amount_cents)::BIGINT AS owed_cents
    FROM flows WHERE role = 31 GROUP BY ALL
    UNION ALL
    SELECT i, window_on() + 7, start_cents FROM holdings
    WHERE role = 31 AND start_cents > 0 AND i BETWEEN $low AND $high
), due AS (
    SELECT spent.* FROM spent JOIN people USING (i)
    WHERE booked_on <= business_on() AND booked_on < coalesce(closed_on, business_on() + 1)
)
SELECT i, 31 AS role, 0 AS instance, booked_on, 2 AS ord, 'TRANSFER_IN' AS kind, owed_cents AS amount_cents,
    'BANK' AS channel, '信用卡还款' AS purpose
FROM due
UNION ALL BY NAME
SELECT i, 11 AS role, 0 AS instance, booked_on, 6 AS ord, 'TRANSFER_OUT' AS kind, -owed_cents AS amount_cents,
    'BANK' AS channel, '信用卡还款' AS purpose
FROM due;
