-- Each customer of either day: whether kept, and how he or she stands (formulas E.8, E.9, E.10). One row a customer.
-- state, of those there on the first day, by the gravest: LEFT, SLEEPING, ASSETS_LOST, PARTLY_LOST, KEPT.
-- What rests on a feed that was never delivered is unknown and counts for nothing.
WITH measured AS (
  SELECT c.customer_id,
         COALESCE(c.business_type, 'UNKNOWN') AS business_type,
         COALESCE(c.customer_group, 'UNKNOWN') AS customer_group,
         c.outlet_id,
         c.opened_on <= :start_on AND (c.closed_on IS NULL OR c.closed_on > :start_on) AS is_starter,
         c.closed_on IS NULL OR c.closed_on > :end_on AS is_here,
         c.opened_on > :start_on AS is_new,
         CASE WHEN :has_balances THEN GREATEST(whole(CAST(COALESCE(s.start_sum, 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE)), 0)
              END AS start_cents,
         CASE WHEN :has_balances THEN GREATEST(whole(CAST(COALESCE(s.end_sum, 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE)), 0)
              END AS end_cents,
         GREATEST(COALESCE(s.end_sum, 0), 0) AS end_sum,
         GREATEST(COALESCE(s.peak_sum, 0), 0) AS peak_sum,
         COALESCE(a.start_accounts, 0) AS start_accounts,
         COALESCE(a.end_accounts, 0) AS end_accounts,
         COALESCE(a.start_categories, 0) AS start_categories,
         COALESCE(a.end_categories, 0) AS end_categories,
         CASE WHEN :has_transactions THEN COALESCE(t.awake_acts, 0) END AS awake_acts,
         CASE WHEN :has_transactions THEN COALESCE(t.active_months, 0) END AS active_months,
         CASE WHEN :has_transactions
              THEN COALESCE(days_between(t.last_act_on, :end_on), 1 + days_between(:year_from, :end_on)) END AS idle_days,
         GREATEST(COALESCE(t.has_salary, 0), COALESCE(a.holds_payroll, 0)) + COALESCE(a.holds_service, 0)
         + COALESCE(t.has_mobile, 0) + COALESCE(t.has_card, 0) + COALESCE(a.holds_wealth, 0)
         + COALESCE(a.holds_loan, 0) + COALESCE(t.has_pension, 0) AS ties,
         e.elsewhere_cents,
         e.elsewhere_on
  FROM customers c
  LEFT JOIN ({assets}
  ) s ON s.customer_id = c.customer_id
  LEFT JOIN ({accounts}
  ) a ON a.customer_id = c.customer_id
  LEFT JOIN ({acts}
  ) t ON t.customer_id = c.customer_id
  LEFT JOIN ({elsewhere}
  ) e ON e.customer_id = c.customer_id
  WHERE c.customer_id IS NOT NULL AND c.opened_on <= :end_on AND (c.closed_on IS NULL OR c.closed_on > :start_on)
)
SELECT m.customer_id, m.business_type, m.customer_group, m.outlet_id, m.is_starter, m.is_here, m.is_new,
       CASE WHEN NOT m.is_starter THEN 'NEW'
            WHEN NOT m.is_here OR (m.start_accounts > 0 AND m.end_accounts = 0) THEN 'LEFT'
            WHEN m.awake_acts = 0 AND m.end_cents < :sleeping_below_cents THEN 'SLEEPING'
            WHEN m.peak_sum > 0 AND m.end_cents IS NOT NULL
                 AND CAST(m.end_sum AS DOUBLE) <= (1e0 - :asset_loss) * CAST(m.peak_sum AS DOUBLE) THEN 'ASSETS_LOST'
            WHEN (m.peak_sum > 0 AND m.end_cents IS NOT NULL
                  AND CAST(m.end_sum AS DOUBLE) <= (1e0 - :partial_loss) * CAST(m.peak_sum AS DOUBLE))
                 OR m.end_categories < m.start_categories THEN 'PARTLY_LOST'
            ELSE 'KEPT' END AS state,
       m.start_cents,
       CASE WHEN m.is_here THEN m.end_cents ELSE 0 END AS end_cents,
       b.band AS start_band,
       n.band AS end_band,
       m.end_categories AS category_count,
       m.active_months,
       m.idle_days,
       m.ties,
       m.elsewhere_cents,
       m.elsewhere_on
FROM measured m
LEFT JOIN bands b ON m.is_starter AND m.start_cents >= b.from_cents AND m.start_cents < b.until_cents
LEFT JOIN bands n ON m.is_here AND m.end_cents >= n.from_cents AND m.end_cents < n.until_cents
