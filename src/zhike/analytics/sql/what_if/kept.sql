-- The columns of `ranked.sql` from `kept`, the rows of a computed run, with the tiers that run gave. Of an indicator whose
-- scaling stays, its value itself.
SELECT k.customer_id, k.business_type, k.customer_group, k.outlet_id, k.months_known,
       {columns}
       k.previous_tier,
       k.previous_score,
       k.previous_below_count,
       k.tier AS tier_before,
       k.score AS score_before
FROM kept k
