-- The cells with their tiers, over `tiers.sql`.
SELECT t.part, t.previous_tier, t.tier_before, t.level, t.score_level, t.bin,
       t.is_new AND t.score_level < 2 AND t.level = 2 AS is_provisional,
       t.is_sufficient,
       CAST(SUM(t.customer_count) AS BIGINT) AS customer_count,
       CAST(SUM(t.value_cents) AS BIGINT) AS value_cents
FROM tiered t
GROUP BY t.part, t.previous_tier, t.tier_before, t.level, t.score_level, t.bin,
         t.is_new AND t.score_level < 2 AND t.level = 2, t.is_sufficient
