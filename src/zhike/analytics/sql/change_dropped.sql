p.{c}_raw AS {c}_previous_raw,
CAST(NULL AS DOUBLE) AS {c}_raw,
p.{c}_state AS {c}_previous_state,
CAST(NULL AS STRING) AS {c}_state,
CASE WHEN c.customer_id IS NOT NULL THEN -p.{c}_contribution END AS {c}_change
