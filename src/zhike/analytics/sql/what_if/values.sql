-- How many customers of a weight set have each value of an indicator, in hundredths of a point, over `scores.sql`.
SELECT '{code}' AS code, whole(s.{c}_value * 1e2 + 0.5e0) AS hundredths, COUNT(*) AS customer_count
FROM scored s
WHERE s.weight_set = :weight_set AND s.{c}_value IS NOT NULL
GROUP BY whole(s.{c}_value * 1e2 + 0.5e0)
