t.{c}_raw,
t.{c}_state,
t.{c}_value,
CASE WHEN t.{c}_value IS NULL OR t.available = 0 THEN 0e0
     ELSE CAST(t.{c}_weight AS DOUBLE) / CAST(t.available AS DOUBLE) END AS {c}_weight,
CASE WHEN t.{c}_value IS NULL OR t.available = 0 THEN 0e0
     ELSE CAST(t.{c}_weight AS DOUBLE) * t.{c}_value / CAST(t.available AS DOUBLE) END AS {c}_contribution
