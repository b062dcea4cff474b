-- The groups of peers there are, with their customers.
SELECT business_type, customer_group, COUNT(*) AS customer_count
FROM raws
GROUP BY business_type, customer_group
