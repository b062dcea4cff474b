-- Who the customers are, and the temper that drives everything they do.
--
-- loyalty (0..999) is the latent the whole story hangs on: half of it is the length of the life with
-- the bank drawn below, half is chance. The life itself is drawn from the shifted beta geometric
-- distribution (Fader and Hardie 2007), so that a fit on yearly cohorts finds its two parameters.
-- trouble_on is the day a relationship turns; uplift_on the day it warms.

CREATE TABLE tempers AS
WITH born AS (
    SELECT
        i::BIGINT AS i,
        below(draw('segment', i, 0), 1000) AS segment_mark,
        CASE WHEN segment_mark < 920 THEN 'RETAIL' WHEN segment_mark < 975 THEN 'MICRO'
             WHEN segment_mark < 994 THEN 'CORPORATE' ELSE 'PROJECT' END AS business_type,
        CASE WHEN segment_mark < 945 THEN 'INDIVIDUAL' ELSE 'ENTERPRISE' END AS kind,
        CASE WHEN kind = 'INDIVIDUAL' THEN CASE WHEN draw('sex', i, 0) % 100 < 49 THEN 'M' ELSE 'F' END
             END AS sex,
        -- 18 to 88, most between 25 and 60
        18 + below(draw('age', i, 0), 36) + below(draw('age', i, 1), 36) AS age,
        CASE WHEN kind = 'INDIVIDUAL' THEN business_on() - (age * 365.25)::INT - below(draw('birthday', i, 0), 365)::INT
             END AS birth_on,
        below(draw('opened', i, 0), 65536) AS u,
        -- fifteen years of openings, the recent years fuller
        business_on() - (3 + (5475 * (2 * u * 65536 + u * u)) // 12884901888 /* 3 x 65536^2 */)::INT AS opened_on,
        draw('life', i, 0)::BIGINT AS life_mark,
        below(draw('outlet', i, 0), outlet_count()) AS outlet
    FROM range(first_generated(), customer_count() + 1) AS numbers(i)
), living AS (
    SELECT born.*,
        opened_on + ((years_lived - 1) * 365.25)::INT + 10 + below(draw('leaving', i, 0), 355)::INT AS leaves_on,
        (55 * below(life_mark, 1000) + 45 * below(draw('loyalty', i, 0), 1000)) // 100 AS loyalty
    FROM born ASOF JOIN lifetimes ON born.life_mark >= lifetimes.from_mark
), turning AS (
    SELECT living.*,
        CASE
            WHEN leaves_on BETWEEN window_on() AND business_on() + 150
                THEN leaves_on - 50 - below(draw('trouble day', i, 0), 100)::INT
            WHEN below(draw('trouble', i, 0), 100000) < 5000 + (1000 - loyalty) * 10
                THEN window_on() + 60 + below(draw('trouble day', i, 0), 600)::INT
            -- the summer the bank lowered its deposit rates
            WHEN below(draw('trouble', i, 1), 1000) < 45
                THEN business_on() - 88 + below(draw('trouble day', i, 0), 60)::INT
        END AS trouble_mark,
        CASE
            WHEN trouble_mark IS NOT NULL THEN NULL
            WHEN below(draw('uplift', i, 0), 1000) < 90
                THEN window_on() + 30 + below(draw('uplift day', i, 0), 680)::INT
            WHEN below(draw('uplift', i, 0), 1000) < 125
                THEN business_on() - 85 + below(draw('uplift day', i, 0), 60)::INT
        END AS uplift_mark
    FROM living
), ranked AS (
    SELECT turning.*,
        CASE WHEN leaves_on <= business_on() THEN leaves_on END AS closed_on,
        CASE WHEN trouble_mark > opened_on + 30 THEN trouble_mark END AS trouble_on,
        CASE WHEN uplift_mark > opened_on + 30 AND uplift_mark < coalesce(leaves_on, business_on()) - 60
             THEN uplift_mark END AS uplift_on,
        below(draw('wealth', i, 0), 1000000) AS w,
        -- the young have less, the middle-aged more; the two ends of the scale stay where they are
        w + CASE WHEN kind = 'ENTERPRISE' THEN 0 WHEN age < 26 THEN -600 WHEN age < 35 THEN -250
                 WHEN age < 50 THEN 50 ELSE 200 END * w * (1000000 - w) // 1000000000 AS wealth_rank,
        below(draw('activity', i, 0), 1000) * 7 // 10 + loyalty * 3 // 10 AS activity_mark,
        least(980, greatest(20, 950 - 12 * greatest(0, age - 22)
            + below(draw('digital', i, 0), 300) - 150)) AS digital
    FROM turning
)
SELECT
    i, business_type, kind, sex, age, birth_on, opened_on, closed_on, outlet, loyalty, trouble_on, uplift_on, digital,
    wealth_rank,
    CASE WHEN kind = 'ENTERPRISE' THEN CASE WHEN activity_mark < 300 THEN 'DORMANT' ELSE 'MAIN' END
         WHEN wealth_rank < 885000 AND activity_mark < 300 THEN 'DORMANT'
         WHEN activity_mark < 490 THEN 'LOW' WHEN activity_mark < 680 THEN 'ORDINARY' ELSE 'MAIN' END AS activity,
    CASE WHEN activity = 'DORMANT' THEN below(draw('remainder', i, 0), 9900)
         ELSE from_cents + (to_cents - from_cents) * (wealth_rank - from_rank) // (to_rank - from_rank)
         END AS wealth_cents
FROM ranked ASOF JOIN wealth_scale
    ON ranked.kind = wealth_scale.whose AND ranked.wealth_rank >= wealth_scale.from_rank;

-- Money coming in and going out in an ordinary month, and how often.
CREATE TABLE people AS
SELECT
    i, kind, business_type,
    CASE WHEN kind = 'ENTERPRISE' THEN 'GENERAL' WHEN wealth_cents >= 600000000 THEN 'PRIVATE'
         WHEN wealth_cents >= 50000000 THEN 'WEALTH'
         WHEN business_type = 'RETAIL' AND age BETWEEN 20 AND 52 AND activity IN ('MAIN', 'ORDINARY')
              AND below(draw('card led', i, 0), 1000) < 200 THEN 'CARD'
         ELSE 'GENERAL' END AS customer_group,
    sex, age, birth_on, opened_on, closed_on, outlet, loyalty, trouble_on, uplift_on, digital, activity, wealth_cents,
    below(draw('income', i, 0), 600) + wealth_rank * 4 // 10000 AS income_rank,
    income_rank * income_rank // 1000 AS squared,
    squared * squared // 1000 AS fourth,
    CASE WHEN kind = 'ENTERPRISE' THEN wealth_cents * (6 + below(draw('turnover', i, 0), 20)) // 100
         WHEN age >= 60 THEN 100 * (2200 + 6 * squared)
         ELSE 100 * (3200 + 9 * squared + 40 * (fourth * fourth // 1000)) END AS income_cents,
    CASE WHEN kind = 'ENTERPRISE' OR business_type = 'MICRO' THEN 'TRANSFER_IN'
         WHEN activity = 'MAIN' AND age >= 60 THEN 'PENSION'
         WHEN activity = 'MAIN' AND age < 60 AND below(draw('payroll', i, 0), 100) < 75 THEN 'SALARY'
         WHEN digital < 400 THEN 'CASH_IN' ELSE 'TRANSFER_IN' END AS income_kind,
    below(draw('salary stops', i, 0), 100) < 60 AS stops_income,
    CASE WHEN kind = 'ENTERPRISE' THEN wealth_cents * (30 + below(draw('liquid', i, 0), 40)) // 100
         WHEN wealth_cents < 2000000 THEN wealth_cents
         ELSE wealth_cents * (14 + below(draw('liquid', i, 0), 24)) // 100 END AS demand_cents,
    NULL::BIGINT AS demand_average_cents
FROM tempers;
