-- The rows of a run, one wide row a customer, over `tiers.sql`.
SELECT t.customer_id, t.business_type, t.customer_group, t.outlet_id, t.months_known, t.weight_set,
       {outputs},
       t.score,
       CAST(t.available AS DOUBLE) / 10000e0 AS available_weight,
       t.is_sufficient,
       t.is_new,
       CASE t.score_level WHEN 3 THEN 'HIGH' WHEN 2 THEN 'MEDIUM' WHEN 1 THEN 'LOW' ELSE 'UNRATED' END AS score_tier,
       CASE t.level WHEN 3 THEN 'HIGH' WHEN 2 THEN 'MEDIUM' WHEN 1 THEN 'LOW' ELSE 'UNRATED' END AS tier,
       t.is_new AND t.score_level < 2 AND t.level = 2 AS is_provisional,
       t.movement,
       t.below_count,
       t.previous_tier,
       t.previous_score,
       t.previous_below_count{ranks}
FROM tiered t
ORDER BY t.customer_id
