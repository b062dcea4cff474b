-- Customers by tenth of the scale their score lies in; band -1 holds those without a score.
SELECT '{code}' AS code,
       CASE WHEN r.score IS NULL THEN -1 ELSE LEAST(whole(r.score / 10e0), 9) END AS band,
       COUNT(*) AS customer_count,
       CAST(SUM(CASE WHEN r.score IS NULL THEN 0 ELSE whole(r.score * 1e2 + 0.5e0) END) AS BIGINT) AS hundredths
FROM {view} r
GROUP BY CASE WHEN r.score IS NULL THEN -1 ELSE LEAST(whole(r.score / 10e0), 9) END
