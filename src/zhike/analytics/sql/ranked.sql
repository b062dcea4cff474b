-- What does not depend on weights, thresholds and scalings: raw values, places among the peers, and the last run.
-- raws: one row a customer. previous: the last published run, or nothing.
SELECT r.customer_id, r.business_type, r.customer_group, r.outlet_id, r.months_known,
       {raws}
       p.tier AS previous_tier,
       p.score AS previous_score,
       COALESCE(p.below_count, 0) AS previous_below_count
FROM raws r
LEFT JOIN previous p ON p.customer_id = r.customer_id
{joins}
