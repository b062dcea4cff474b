-- Lifetime value (L-37, T-28, formula E.5): yearly contractual margin, fees and the direct cost of service, times
-- the survival multiplier of the customer's age, in currency units.
CAST(COALESCE(m.margin_cents, 0) AS DOUBLE) / 100e0 * (12e0 / CAST(:window_months AS DOUBLE)) * s.multiplier
+ (:lifetime_value_product_fee_share * CAST(COALESCE(m.product_fee_cents, 0) AS DOUBLE)
   + :lifetime_value_charged_fee_share * CAST(COALESCE(m.charged_fee_cents, 0) AS DOUBLE))
  / 100e0 * (12e0 / CAST(:window_months AS DOUBLE)) * s.multiplier
- (:lifetime_value_counter_cost * CAST(COALESCE(m.counter_count, 0) AS DOUBLE)
   + :lifetime_value_remote_cost * CAST(COALESCE(m.remote_count, 0) AS DOUBLE))
  * (12e0 / CAST(:window_months AS DOUBLE)) * s.multiplier
