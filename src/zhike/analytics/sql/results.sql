-- From raw indicators to tiers (L-38, L-40, formulas E.6, E.7), one row a customer.
-- raws: one row a customer. groups: one row for each business type and customer group, with the resolved weights
-- and the numbers of the peers. previous: the last published run, or nothing.
WITH valued AS (
  SELECT r.customer_id, r.business_type, r.customer_group, r.outlet_id, r.months_known, g.weight_set,
         {values}
  FROM raws r
  JOIN groups g ON g.business_type = r.business_type AND g.customer_group = r.customer_group
  {joins}
), weighed AS (
  SELECT v.*,
         {available} AS available,
         {points} AS points
  FROM valued v
), scored AS (
  SELECT w.*,
         w.points / CAST(NULLIF(w.available, 0) AS DOUBLE) AS score,
         w.available >= :minimum_available AS is_sufficient,
         w.months_known < :new_customer_months AS is_new
  FROM weighed w
), earned AS (
  SELECT s.*,
         CASE WHEN NOT s.is_sufficient THEN 0
              WHEN round6(s.score) >= :high_from THEN 3
              WHEN round6(s.score) >= :medium_from THEN 2
              ELSE 1 END AS score_level,
         CASE WHEN s.is_new THEN 2 ELSE 0 END AS least_level,
         CASE p.tier WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 WHEN 'LOW' THEN 1 ELSE 0 END AS previous_level,
         COALESCE(p.below_count, 0) AS previous_below_count,
         p.tier AS previous_tier,
         p.score AS previous_score
  FROM scored s
  LEFT JOIN previous p ON p.customer_id = s.customer_id
), moved AS (
  SELECT e.*,
         CASE WHEN e.score_level = 0 THEN 'UNSTATED'
              WHEN GREATEST(e.score_level, e.least_level) >= e.previous_level THEN 'EARNED'
              WHEN round6(e.score) >= CASE e.previous_level WHEN 3 THEN :high_from ELSE :medium_from END
                                      - :hysteresis_points THEN 'KEPT'
              WHEN e.previous_below_count + 1 < :downgrade_runs THEN 'WARNED'
              ELSE 'LOWERED' END AS movement
  FROM earned e
), tiered AS (
  SELECT m.*,
         CASE m.movement
              WHEN 'UNSTATED' THEN GREATEST(m.previous_level, m.least_level)
              WHEN 'EARNED' THEN GREATEST(m.score_level, m.least_level)
              WHEN 'LOWERED' THEN m.previous_level - 1
              ELSE m.previous_level END AS level,
         CAST(CASE m.movement
              WHEN 'UNSTATED' THEN m.previous_below_count
              WHEN 'WARNED' THEN m.previous_below_count + 1
              ELSE 0 END AS BIGINT) AS below_count
  FROM moved m
)
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
       t.previous_score
FROM tiered t
ORDER BY t.customer_id
