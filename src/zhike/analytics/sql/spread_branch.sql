SELECT '{code}' AS code, business_type, customer_group, {c}_raw AS raw, COUNT(*) AS customer_count
FROM raws
WHERE {c}_raw IS NOT NULL
GROUP BY business_type, customer_group, {c}_raw
