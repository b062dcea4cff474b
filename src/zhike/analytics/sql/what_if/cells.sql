-- Customers whom the rules of the tiers cannot tell apart, counted: they begin alike and their scores pass the same
-- thresholds, so what follows for one follows for all. Goes on after `scores.sql`; {part} is one more property.
, cells AS (
  SELECT {part} AS part,
         s.previous_tier, s.tier_before, s.previous_below_count, s.is_sufficient, s.is_new,
         whole(s.score / CAST(:bin_points AS DOUBLE)) AS bin,
         MIN(s.score) AS score,
         COUNT(*) AS customer_count,
         {value} AS value_cents
  FROM scored s
  GROUP BY {part}, s.previous_tier, s.tier_before, s.previous_below_count, s.is_sufficient, s.is_new,
           whole(s.score / CAST(:bin_points AS DOUBLE)),
           round6(s.score) >= :high_from, round6(s.score) >= :high_kept_from,
           round6(s.score) >= :medium_from, round6(s.score) >= :medium_kept_from
)
