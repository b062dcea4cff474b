LEFT JOIN normal {c}_normal
  ON {c}_normal.thousandths
   = whole(LEAST(GREATEST((r.{c}_raw - g.{c}_mean) / CAST(g.{c}_deviation AS DOUBLE), -4e0), 4e0) * 1e3 + 0.5e0)
