-- Balance trend (formula E.8): assets of the last three months against the months before them.
-- Not applicable to whom had no assets before: growth from nothing has no rate.
CASE
  WHEN m.earlier_months > 0 AND m.earlier_cents > 0
    THEN (CAST(GREATEST(m.recent_cents, 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE))
         / (CAST(m.earlier_cents AS DOUBLE) / CAST(m.earlier_months AS DOUBLE))
END
