-- Repeat purchase (L-37, formula E.1): purchases after the first, or the share of matured money re-placed.
CASE
  WHEN COALESCE(m.purchase_count, 0) = 0 AND COALESCE(m.matured_count, 0) = 0 THEN NULL
  WHEN :repeat_purchase_by_amount = 0e0
    THEN CAST(GREATEST(COALESCE(m.purchase_count, 0) - 1, 0) AS DOUBLE)
  WHEN COALESCE(m.matured_cents, 0) > 0
    THEN LEAST(CAST(m.renewed_cents AS DOUBLE) / CAST(m.matured_cents AS DOUBLE), 1e0)
END
