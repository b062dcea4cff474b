-- Customers by tenth of the scale an indicator's value lies in; band -1 holds those whose value was not observed.
SELECT '{code}' AS code,
       CASE WHEN r.{c}_state = 'OBSERVED' THEN LEAST(whole(r.{c}_value / 10e0), 9) ELSE -1 END AS band,
       COUNT(*) AS customer_count,
       CAST(SUM(CASE WHEN r.{c}_state = 'OBSERVED' THEN whole(r.{c}_value * 1e2 + 0.5e0) ELSE 0 END) AS BIGINT) AS hundredths
FROM {view} r
GROUP BY CASE WHEN r.{c}_state = 'OBSERVED' THEN LEAST(whole(r.{c}_value / 10e0), 9) ELSE -1 END
