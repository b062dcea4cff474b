-- From the loyalty index to tiers, with hysteresis (L-40, formula E.7): goes on after `scores.sql`.
, earned AS (
  SELECT s.*,
         CASE WHEN NOT s.is_sufficient THEN 0
              WHEN round6(s.score) >= :high_from THEN 3
              WHEN round6(s.score) >= :medium_from THEN 2
              ELSE 1 END AS score_level,
         CASE WHEN s.is_new THEN 2 ELSE 0 END AS least_level,
         CASE s.previous_tier WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 WHEN 'LOW' THEN 1 ELSE 0 END AS previous_level
  FROM {scored} s
), moved AS (
  SELECT e.*,
         CASE WHEN e.score_level = 0 THEN 'UNSTATED'
              WHEN GREATEST(e.score_level, e.least_level) >= e.previous_level THEN 'EARNED'
              WHEN round6(e.score) >= CASE e.previous_level WHEN 3 THEN :high_kept_from ELSE :medium_kept_from END
                   THEN 'KEPT'
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
