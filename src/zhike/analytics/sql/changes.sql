-- Two runs side by side (L-11, L-42): who is new, gone, moved, and by how many points each indicator moved the score.
-- The differences of the contributions sum to the difference of the scores.
SELECT COALESCE(c.customer_id, p.customer_id) AS customer_id,
       COALESCE(c.business_type, p.business_type) AS business_type,
       COALESCE(c.customer_group, p.customer_group) AS customer_group,
       COALESCE(c.outlet_id, p.outlet_id) AS outlet_id,
       CASE WHEN p.customer_id IS NULL THEN 'NEW' ELSE p.tier END AS previous_tier,
       CASE WHEN c.customer_id IS NULL THEN 'GONE' ELSE c.tier END AS tier,
       p.score AS previous_score,
       c.score,
       c.score - p.score AS score_change,
       {changes}
FROM current_run c
FULL OUTER JOIN previous_run p ON p.customer_id = c.customer_id
