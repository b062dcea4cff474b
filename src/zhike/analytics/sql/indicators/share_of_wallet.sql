-- Share of wallet (formula E.9): assets with us, averaged over the recent months, out of those and the
-- declared ones elsewhere.
CASE
  WHEN COALESCE(m.recent_cents, 0) <= 0 AND m.elsewhere_cents = 0 THEN NULL
  ELSE (CAST(GREATEST(COALESCE(m.recent_cents, 0), 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE))
       / (CAST(GREATEST(COALESCE(m.recent_cents, 0), 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE)
          + CAST(m.elsewhere_cents AS DOUBLE))
END
