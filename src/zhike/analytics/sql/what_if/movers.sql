-- The customers whose tier would be another one, the largest value first, over `tiers.sql`.
SELECT t.customer_id, t.outlet_id, t.tier_before, t.level, t.score_before, t.score, {value} AS value
FROM tiered t
WHERE CASE t.tier_before WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 WHEN 'LOW' THEN 1 ELSE 0 END <> t.level
ORDER BY COALESCE({value}, -1e300) DESC, t.customer_id
LIMIT {rows}
