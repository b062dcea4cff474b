-- What a study of value says of each customer there ever was: one row each. A customer who had left before the first day
-- has the days of the relation alone, for the cohorts.
SELECT c.customer_id,
       c.outlet_id,
       COALESCE(c.business_type, 'UNKNOWN') AS business_type,
       COALESCE(c.customer_group, 'UNKNOWN') AS customer_group,
       c.opened_on, c.closed_on,
       s.is_starter, s.is_here, s.is_new, s.state, s.start_cents, s.end_cents, s.start_band, s.end_band,
       s.category_count, s.active_months, s.idle_days, s.ties, s.elsewhere_cents, s.elsewhere_on,
       e.r_class, e.f_class, e.m_class, e.p_class, e.cell,
       {habits}
FROM customers c
LEFT JOIN standing s ON s.customer_id = c.customer_id
LEFT JOIN celled e ON e.customer_id = c.customer_id
{joins}
WHERE c.customer_id IS NOT NULL AND c.opened_on <= :as_of
ORDER BY c.customer_id
