-- The distinct values of each indicator in use by peers, with how many customers lie at and up to each.
-- One branch an indicator.
SELECT code, business_type, customer_group, raw, customer_count,
       CAST(SUM(customer_count) OVER (PARTITION BY code, business_type, customer_group ORDER BY raw
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS upto
FROM ({branches}) counted
