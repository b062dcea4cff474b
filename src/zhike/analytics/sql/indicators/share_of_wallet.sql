-- Share of wallet (formula E.9): assets with us out of those and the declared ones elsewhere.
CASE
  WHEN m.elsewhere_cents IS NULL THEN NULL
  WHEN CAST(GREATEST(COALESCE(m.recent_cents, 0), 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE)
       + CAST(m.elsewhere_cents AS DOUBLE) <= 0e0 THEN NULL
  ELSE (CAST(GREATEST(COALESCE(m.recent_cents, 0), 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE))
       / CAST(CAST(GREATEST(COALESCE(m.recent_cents, 0), 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE)
              + CAST(m.elsewhere_cents AS DOUBLE) AS DOUBLE)
END
