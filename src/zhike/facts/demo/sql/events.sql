-- Complaints, answers, referrals, contacts, visits and declared holdings elsewhere. The mood of a
-- customer on a day is the loyalty, lowered from trouble_on and raised from uplift_on.

CREATE TABLE happenings (
    i BIGINT, kind VARCHAR, happened_on DATE, outcome VARCHAR, severity BIGINT, satisfaction BIGINT, intention BIGINT,
    amount_cents BIGINT, number BIGINT
);

CREATE MACRO mood(loyalty, trouble_on, uplift_on, day) AS greatest(0, least(999,
    loyalty - CASE WHEN trouble_on <= day THEN 420 ELSE 0 END + CASE WHEN uplift_on <= day THEN 180 ELSE 0 END));

-- Complaints: a few a year from anybody, most from those whose trouble has begun.
INSERT INTO happenings BY NAME
WITH complaints AS (
    SELECT extras.*, year AS number,
        business_on() - (year * 365)::INT - below(draw('complaint day', i, year), 365)::INT AS happened_on,
        below(draw('complaint', i, year), 10000) < 80 + (1000 - loyalty) * 24 // 100 AS is_made
    FROM extras CROSS JOIN range(0, 2) AS years(year)
    UNION ALL BY NAME
    SELECT extras.*, 9 AS number, trouble_on - 6 + below(draw('complaint day', i, 9), 20)::INT AS happened_on,
        below(draw('complaint', i, 9), 100) < 34 AS is_made
    FROM extras WHERE trouble_on IS NOT NULL
), judged AS (
    SELECT complaints.*, below(draw('finding', i, number), 100) AS finding, below(draw('severity', i, number), 100) AS weight
    FROM complaints
    WHERE is_made AND activity <> 'DORMANT' AND happened_on BETWEEN greatest(window_on(), opened_on + 5)
        AND least(business_on(), coalesce(closed_on, business_on()))
)
SELECT i, 'COMPLAINT' AS kind, happened_on, number,
    CASE WHEN happened_on > business_on() - 12 THEN 'OPEN' WHEN finding < CASE number WHEN 9 THEN 78 ELSE 50 END THEN 'FOUNDED'
         WHEN finding < 90 THEN 'UNFOUNDED' ELSE 'WITHDRAWN' END AS outcome,
    CASE WHEN weight < 62 THEN 1 WHEN weight < 91 THEN 2 ELSE 3 END AS severity
FROM judged;

-- Answers: four waves in the window, one in seven asked and willing; the unhappy answer more often.
INSERT INTO happenings BY NAME
WITH waves AS (
    SELECT extras.*, wave AS number,
        business_on() - (40 + wave * 182)::INT - below(draw('answer day', i, wave), 30)::INT AS happened_on
    FROM extras CROSS JOIN range(0, 4) AS waves(wave)
), answers AS (
    SELECT waves.*,
        mood(loyalty, trouble_on, uplift_on, happened_on)
            + below(draw('answer mood', i, number), 400) - 200 AS felt
    FROM waves
    WHERE happened_on BETWEEN greatest(window_on(), opened_on + 20) AND least(business_on(), coalesce(closed_on, business_on()))
      AND activity <> 'DORMANT'
      AND below(draw('answer', i, number), 1000) < CASE WHEN trouble_on <= happened_on THEN 220 ELSE 150 END
)
SELECT i, 'ANSWER' AS kind, happened_on, number,
    CASE WHEN below(draw('speeder', i, number), 100) < 4 THEN 'INVALID' ELSE 'VALID' END AS outcome,
    CASE WHEN felt < 60 THEN 1 WHEN felt < 190 THEN 2 WHEN felt < 350 THEN 3 WHEN felt < 680 THEN 4 ELSE 5 END
        AS satisfaction,
    greatest(0, least(10, 3 + felt // 120 + below(draw('intention', i, number), 3) - 1)) AS intention
FROM answers;

-- Referrals: nearly half of the newcomers were brought by somebody of their own outlet and kind.
CREATE TABLE referrers AS
SELECT i, kind, outlet, opened_on, row_number() OVER seats - 1 AS position, count(*) OVER (PARTITION BY kind, outlet) AS total
FROM extras
WHERE activity IN ('MAIN', 'ORDINARY') AND opened_on < window_on() - 180 AND closed_on IS NULL AND trouble_on IS NULL
WINDOW seats AS (PARTITION BY kind, outlet ORDER BY loyalty DESC, i);

CREATE TABLE referred AS
WITH newcomers AS (
    SELECT i, kind, outlet, opened_on, closed_on, below(draw('referrer', i, 1), 1000) AS u
    FROM extras
    WHERE opened_on >= window_on() AND activity <> 'DORMANT' AND below(draw('referrer', i, 0), 100) < 52
), totals AS (SELECT DISTINCT kind, outlet, total FROM referrers)
SELECT n.i, r.i AS referrer, n.opened_on
FROM newcomers AS n JOIN totals USING (kind, outlet)
JOIN referrers AS r ON r.kind = n.kind AND r.outlet = n.outlet AND r.position = n.u * n.u * totals.total // 1000000
WHERE r.i <> n.i;

INSERT INTO happenings BY NAME
-- a newcomer counts once the money has stayed thirty days
SELECT referrer AS i, 'REFERRAL' AS kind, least(business_on(), opened_on + 30) AS happened_on, referred.i AS number,
    CASE WHEN opened_on + 30 > business_on() THEN 'OPEN' WHEN below(draw('qualified', referred.i, 0), 100) < 78 THEN 'QUALIFIED'
         ELSE 'UNQUALIFIED' END AS outcome
FROM referred
UNION ALL BY NAME
SELECT i, 'REFERRAL' AS kind, window_on() + below(draw('referral day', i, 0), 720)::INT AS happened_on, 0 AS number,
    'UNQUALIFIED' AS outcome
FROM extras
WHERE activity <> 'DORMANT' AND below(draw('referral', i, 0), 1000) < loyalty * 16 // 100
  AND happened_on BETWEEN opened_on + 60 AND least(business_on(), coalesce(closed_on, business_on()));

-- Contacts and visits by the customer's manager: the wealthy monthly to quarterly, firms visited.
INSERT INTO happenings BY NAME
WITH quarters AS (
    SELECT extras.*, q * 4 + turn AS number,
        business_on() - (q * 91)::INT - below(draw('contact day', i, q * 4 + turn), 91)::INT AS happened_on,
        below(draw('contact', i, q * 4 + turn), 1000) AS mark
    FROM extras CROSS JOIN range(0, 8) AS quarters(q) CROSS JOIN range(0, 2) AS turns(turn)
)
SELECT i, CASE WHEN kind = 'ENTERPRISE' AND number % 4 = 1 THEN 'VISIT' ELSE 'CONTACT' END AS kind, happened_on, number,
    'DONE' AS outcome
FROM quarters
WHERE happened_on BETWEEN greatest(window_on(), opened_on) AND least(business_on(), coalesce(closed_on, business_on()))
  AND mark < CASE WHEN activity = 'DORMANT' THEN 10 WHEN customer_group IN ('WEALTH', 'PRIVATE') THEN 520
                  WHEN kind = 'ENTERPRISE' THEN 380 WHEN wealth_cents > 10000000 THEN 240 ELSE 90 END;

-- What some say they keep at other banks.
INSERT INTO happenings BY NAME
SELECT i, 'HOLDINGS_ELSEWHERE' AS kind, greatest(opened_on, window_on() + below(draw('elsewhere day', i, 0), 700)::INT)
        AS happened_on, 0 AS number, 'VALID' AS outcome,
    -- the less loyal keep more elsewhere
    greatest(100000, wealth_cents * (20 + (1000 - loyalty) * below(draw('elsewhere', i, 1), 300) // 1000) // 100 // 100000 * 100000)
        AS amount_cents
FROM extras
WHERE activity <> 'DORMANT'
  AND below(draw('elsewhere', i, 0), 100) < CASE WHEN wealth_cents > 20000000 THEN 28 ELSE 9 END
  AND happened_on <= least(business_on(), coalesce(closed_on, business_on()));
