CAST(NULL AS DOUBLE) AS {c}_previous_raw,
c.{c}_raw AS {c}_raw,
CAST(NULL AS STRING) AS {c}_previous_state,
c.{c}_state AS {c}_state,
CASE WHEN p.customer_id IS NOT NULL THEN c.{c}_contribution END AS {c}_change
