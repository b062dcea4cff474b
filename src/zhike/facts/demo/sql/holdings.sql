-- What the customers hold. An account is (i, role, instance); roles are two digits:
-- 11 demand, 12..15 chains of terms (each instance one term), 21 loan, 31 credit card, 41 fund plan,
-- 51 insurance, 61 payroll, 71 mobile bank, 81 service.
-- start_cents is the position on the eve of the window, in the bank's books (owed money is positive).

CREATE TABLE holdings (
    i BIGINT, role INT, instance INT, product_code VARCHAR, principal_cents BIGINT, opened_on DATE, opening VARCHAR,
    matures_on DATE, closed_on DATE, start_cents BIGINT, ending VARCHAR, brings_money BOOLEAN
);

CREATE VIEW present AS FROM people WHERE closed_on IS NULL OR closed_on >= window_on();
CREATE VIEW extras AS FROM present WHERE i >= first_generated();

-- Demand accounts open and close with the customer. The start is worked out from the flows.
INSERT INTO holdings BY NAME
SELECT i, 11 AS role, 0 AS instance, CASE kind WHEN 'ENTERPRISE' THEN 'DD02' ELSE 'DD01' END AS product_code,
    opened_on, 'NEW' AS opening, closed_on, 0 AS start_cents, false AS brings_money
FROM present;

CREATE TABLE chains AS
WITH slots(slot, from_cents, share) AS (
    VALUES (1, 2000000, 800), (2, 12000000, 700), (3, 45000000, 700)
), wished AS (
    SELECT p.*, slot, (wealth_cents - demand_cents) * (60 - 15 * slot) // 100 AS placed_cents
    FROM extras AS p CROSS JOIN slots
    WHERE wealth_cents >= from_cents AND below(draw('chain', i, slot), 1000) < share
    UNION ALL
    -- A warming relationship brings new money.
    SELECT p.*, 4 AS slot, wealth_cents * 4 // 10 AS placed_cents
    FROM extras AS p
    WHERE uplift_on BETWEEN window_on() AND business_on() - 1 AND activity <> 'DORMANT'
      AND below(draw('chain', i, 4), 1000) < 800
), chosen AS (
    SELECT wished.*,
        below(draw('term product', i, slot), 1000)
            + CASE WHEN age > 55 THEN -200 WHEN digital > 700 THEN 200 ELSE 0 END AS taste,
        CASE WHEN kind = 'ENTERPRISE' THEN CASE WHEN taste < 500 THEN 'CD03' ELSE 'CD06' END
             WHEN taste < 60 THEN 'TD03' WHEN taste < 160 THEN 'TD06' WHEN taste < 340 THEN 'TD12'
             WHEN taste < 420 THEN 'TD36' WHEN taste < 700 THEN 'WM90' WHEN taste < 900 THEN 'WM180'
             ELSE 'WM365' END AS product_code
    FROM wished
), started AS (
    SELECT chosen.*, months,
        CASE WHEN slot = 4 THEN uplift_on + 1
             WHEN below(draw('chain start', i, slot), 100) < 68
                 THEN (window_on() - to_months(1 + below(draw('chain start', i, 10 + slot), months)::INT))::DATE
                    + below(draw('chain start', i, 20 + slot), 27)::INT
             ELSE window_on() + below(draw('chain start', i, 10 + slot), date_diff('day', window_on(), business_on()))::INT
        END AS wished_on
    FROM chosen JOIN products USING (product_code)
)
SELECT i, 11 + slot AS role, product_code, months, loyalty, digital, trouble_on, uplift_on, closed_on,
    -- whole thousands of yuan, ten thousand at least
    greatest(1000000, placed_cents // 100000 * 100000) AS principal_cents,
    CASE WHEN wished_on > opened_on THEN wished_on
         ELSE opened_on + 1 + below(draw('chain start', i, 30 + slot), 90)::INT END AS start_on
FROM started;

-- At each maturity the customer renews, lets it roll, or leaves, by loyalty and by what happened.
INSERT INTO holdings BY NAME
WITH terms AS (
    SELECT c.*, k,
        (start_on + to_months((k * months)::INT))::DATE AS opened_on,
        (start_on + to_months(((k + 1) * months)::INT))::DATE AS matures_on,
        matures_on <= business_on() AND matures_on < coalesce(closed_on, business_on() + 1) AS has_ended,
        below(draw('renewal', i, role * 100 + k), 1000) AS mark,
        CASE WHEN matures_on > trouble_on THEN 780
             WHEN matures_on > uplift_on THEN 20
             ELSE 30 + (1000 - loyalty) * 16 // 100 END AS leaving
    FROM chains AS c CROSS JOIN range(0, 10) AS numbers(k)
    WHERE k * months <= 36
), decided AS (
    SELECT terms.*,
        CASE WHEN NOT has_ended THEN NULL WHEN mark < leaving THEN 'LEFT'
             WHEN mark < leaving + (1000 - leaving) * (600 - digital // 2) // 1000 THEN 'ROLLED' ELSE 'RENEWED'
             END AS ending,
        lag(ending) OVER chain AS previous,
        coalesce(bool_or(ending = 'LEFT') OVER (chain ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS is_over
    FROM terms
    WINDOW chain AS (PARTITION BY i, role ORDER BY k)
)
SELECT i, role, k AS instance, product_code, principal_cents, opened_on, coalesce(previous, 'NEW') AS opening, matures_on,
    CASE WHEN has_ended THEN matures_on ELSE closed_on END AS closed_on,
    CASE WHEN opened_on < window_on() THEN principal_cents ELSE 0 END AS start_cents,
    ending,
    role <> 15 AND below(draw('new money', i, role), 100) < 60 AS brings_money
FROM decided
WHERE NOT is_over AND opened_on <= business_on() AND opened_on < coalesce(closed_on, business_on() + 1)
  AND coalesce(CASE WHEN has_ended THEN matures_on ELSE closed_on END, business_on()) >= window_on();

-- Loans: a person's by age and income, a firm's by size.
INSERT INTO holdings BY NAME
WITH wished AS (
    SELECT p.*,
        below(draw('loan', i, 0), 1000) AS mark,
        CASE WHEN business_type = 'PROJECT' THEN 'LN06' WHEN business_type = 'CORPORATE' THEN 'LN05'
             WHEN kind = 'ENTERPRISE' THEN 'LN04' WHEN business_type = 'MICRO' THEN 'LN03'
             WHEN mark < 60 THEN 'LN01' ELSE 'LN02' END AS product_code,
        opened_on + 30 + below(draw('loan', i, 1), greatest(1, date_diff('day', opened_on, business_on()) - 60))::INT AS loan_on
    FROM extras AS p
    WHERE activity <> 'DORMANT'
      AND mark < CASE WHEN kind = 'ENTERPRISE' THEN 400 WHEN business_type = 'MICRO' THEN 300
                      WHEN age BETWEEN 24 AND 58 AND activity <> 'LOW' THEN 150 ELSE 0 END
), sized AS (
    SELECT wished.* EXCLUDE (opened_on), loan_on AS opened_on, months,
        (loan_on + to_months(months::INT))::DATE AS matures_on,
        greatest(2000000, CASE product_code WHEN 'LN01' THEN income_cents * 70 WHEN 'LN02' THEN income_cents * 12
            WHEN 'LN03' THEN income_cents * 20 WHEN 'LN04' THEN least(500000000, income_cents * 6)
            WHEN 'LN05' THEN least(5000000000, income_cents * 8) ELSE least(20000000000, income_cents * 24) END // 1000000 * 1000000) AS principal_cents,
        greatest(0, date_diff('month', loan_on, window_on()) - 1) AS repaid_count
    FROM wished JOIN products USING (product_code)
)
SELECT i, 21 AS role, 0 AS instance, product_code, principal_cents, opened_on, 'NEW' AS opening, matures_on,
    least(closed_on, CASE WHEN matures_on <= business_on() THEN matures_on END) AS closed_on,
    CASE WHEN opened_on < window_on() THEN principal_cents - principal_cents // months * repaid_count ELSE 0 END
        AS start_cents,
    false AS brings_money
FROM sized
WHERE opened_on < business_on() AND matures_on >= window_on() AND opened_on < coalesce(closed_on, business_on() + 1) - 40;

-- Credit cards, fund plans, insurance: open-ended, from some day after the customer came.
INSERT INTO holdings BY NAME
WITH kinds(role, what) AS (VALUES (31, 'card'), (41, 'fund'), (51, 'insurance'), (81, 'service')
), wished AS (
    SELECT p.*, role,
        below(draw('holding', i, role), 1000) AS mark,
        p.opened_on + 5 + below(draw('holding day', i, role), greatest(1, date_diff('day', p.opened_on, business_on())))::INT
            AS later_on,
        CASE WHEN role = 31 AND customer_group = 'CARD' THEN least(later_on, p.opened_on + 20) ELSE later_on END AS held_on
    FROM extras AS p CROSS JOIN kinds
    WHERE activity <> 'DORMANT'
), kept AS (
    SELECT wished.*, greatest(0, date_diff('month', held_on, window_on())) AS months_held
    FROM wished
    WHERE mark < CASE role
            WHEN 31 THEN CASE WHEN kind = 'ENTERPRISE' OR age > 64 THEN 0 WHEN customer_group = 'CARD' THEN 1000
                              WHEN activity = 'LOW' THEN 120 ELSE 260 END
            WHEN 41 THEN CASE WHEN kind = 'ENTERPRISE' OR wealth_cents < 2000000 THEN 0 ELSE 130 END
            WHEN 51 THEN CASE WHEN kind = 'ENTERPRISE' OR wealth_cents < 10000000 OR age < 28 THEN 0 ELSE 160 END
            ELSE CASE WHEN kind = 'ENTERPRISE' THEN 350 WHEN wealth_cents > 50000000 THEN 150 ELSE 0 END END
      AND held_on < business_on() AND held_on < coalesce(closed_on, business_on() + 1) - 40
)
SELECT i, role, 0 AS instance,
    CASE role WHEN 31 THEN CASE WHEN wealth_cents >= 30000000 THEN 'CC02' ELSE 'CC01' END
              WHEN 41 THEN CASE WHEN draw('fund', i, 0) % 2 = 0 THEN 'FD01' ELSE 'FD02' END
              WHEN 51 THEN 'IN01' ELSE CASE kind WHEN 'ENTERPRISE' THEN 'SV03' ELSE 'SV02' END END AS product_code,
    -- a card's limit is not principal; a plan's monthly and a policy's yearly amount are
    CASE role WHEN 41 THEN (5 + below(draw('fund', i, 1), 20)) * greatest(10000, wealth_cents // 400 // 10000 * 10000) // 10
              WHEN 51 THEN greatest(300000, wealth_cents // 40 // 100000 * 100000) END AS principal_cents,
    held_on AS opened_on, 'NEW' AS opening,
    -- half of the unhappy sell their funds
    CASE WHEN role = 41 AND trouble_on + 10 BETWEEN greatest(window_on(), held_on + 40) AND business_on()
              AND below(draw('fund', i, 2), 100) < 50
         THEN least(closed_on, trouble_on + 10) ELSE closed_on END AS closed_on,
    CASE WHEN held_on >= window_on() THEN 0
         WHEN role = 31 THEN income_cents // 5
         WHEN role = 41 THEN principal_cents * least(24, months_held)
         WHEN role = 51 THEN principal_cents * least(8, 1 + months_held // 12) ELSE 0 END AS start_cents,
    false AS brings_money
FROM kept;

-- Payroll and the mobile bank: agreements without a balance.
INSERT INTO holdings BY NAME
SELECT i, 61 AS role, 0 AS instance, CASE kind WHEN 'ENTERPRISE' THEN 'PR02' ELSE 'PR01' END AS product_code,
    opened_on + below(draw('payroll', i, 1), 20)::INT AS opened_on, 'NEW' AS opening,
    least(closed_on, CASE WHEN stops_income AND trouble_on BETWEEN window_on() AND business_on() THEN trouble_on END) AS closed_on,
    false AS brings_money
FROM extras
WHERE activity = 'MAIN' AND opened_on + 20 < least(business_on(), coalesce(closed_on, business_on()), coalesce(trouble_on, business_on()))
  AND (income_kind = 'SALARY' OR kind = 'ENTERPRISE' AND below(draw('payroll', i, 0), 100) < 55)
UNION ALL BY NAME
SELECT i, 71 AS role, 0 AS instance, 'SV01' AS product_code, opened_on, 'NEW' AS opening, closed_on,
    false AS brings_money
FROM extras
WHERE activity <> 'DORMANT' AND below(draw('mobile bank', i, 0), 1000) < digital + 100;
