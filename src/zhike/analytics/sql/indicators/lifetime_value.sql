-- Lifetime value (L-37, T-28, formula E.5): yearly contractual margin times the survival multiplier of
-- the customer's age, in currency units.
CAST(COALESCE(m.margin_cents, 0) AS DOUBLE) / 100e0 * (12e0 / CAST(:window_months AS DOUBLE)) * s.multiplier
+ (:lifetime_value_product_fee_share * CAST(COALESCE(m.product_fee_cents, 0) AS DOUBLE)
   + :lifetime_value_charged_fee_share * CAST(COALESCE(m.charged_fee_cents, 0) AS DOUBLE))
  / 100e0 * (12e0 / CAST(:window_months AS DOUBLE)) * s.multiplier
