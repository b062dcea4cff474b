-- The distinct values of the four RFM(P) dimensions by business type, and how many customers lie up to each.
SELECT dimension, business_type, raw,
       CAST(SUM(customer_count) OVER (PARTITION BY dimension, business_type ORDER BY raw
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS upto,
       CAST(SUM(customer_count) OVER (PARTITION BY dimension, business_type) AS BIGINT) AS whole_count
FROM (SELECT 'R' AS dimension, business_type, -idle_days AS raw, COUNT(*) AS customer_count
      FROM standing WHERE is_here AND idle_days IS NOT NULL GROUP BY business_type, -idle_days
      UNION ALL
      SELECT 'F' AS dimension, business_type, active_months AS raw, COUNT(*) AS customer_count
      FROM standing WHERE is_here AND active_months IS NOT NULL GROUP BY business_type, active_months
      UNION ALL
      SELECT 'M' AS dimension, business_type, end_cents AS raw, COUNT(*) AS customer_count
      FROM standing WHERE is_here AND end_cents IS NOT NULL GROUP BY business_type, end_cents
      UNION ALL
      SELECT 'P' AS dimension, business_type, category_count AS raw, COUNT(*) AS customer_count
      FROM standing WHERE is_here GROUP BY business_type, category_count) counted
