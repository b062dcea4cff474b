SELECT 'NOTHING' AS code, business_type, customer_group, 0e0 AS raw, COUNT(*) AS customer_count
FROM raws
WHERE customer_id IS NULL
GROUP BY business_type, customer_group
