-- Customers kept and lost, and what they keep with the bank, by peers and state (N-03, formulas E.8, E.9).
SELECT business_type, customer_group, state, is_here,
       COUNT(*) AS customer_count,
       CAST(SUM(COALESCE(start_cents, 0)) AS BIGINT) AS start_cents,
       CAST(SUM(COALESCE(end_cents, 0)) AS BIGINT) AS end_cents,
       CAST(SUM(category_count) AS BIGINT) AS category_count,
       CAST(SUM(CASE WHEN category_count >= :broad_from THEN 1 ELSE 0 END) AS BIGINT) AS broad_count,
       CAST(SUM(ties) AS BIGINT) AS ties,
       CAST(SUM(CASE WHEN elsewhere_cents IS NOT NULL THEN end_cents ELSE 0 END) AS BIGINT) AS declared_end_cents,
       CAST(SUM(COALESCE(elsewhere_cents, 0)) AS BIGINT) AS elsewhere_cents,
       COUNT(elsewhere_cents) AS declared_count
FROM standing
GROUP BY business_type, customer_group, state, is_here
