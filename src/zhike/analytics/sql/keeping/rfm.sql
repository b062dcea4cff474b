-- RFM(P) of each customer there (formula E.11): classes 1 to :classes of equal parts of a business type, equal values
-- all in the highest class any of them reaches.
SELECT s.customer_id, s.business_type, s.customer_group, s.outlet_id,
       :classes - whole(CAST(:classes * (r.whole_count - r.upto) AS DOUBLE) / CAST(r.whole_count AS DOUBLE)) AS r_class,
       :classes - whole(CAST(:classes * (f.whole_count - f.upto) AS DOUBLE) / CAST(f.whole_count AS DOUBLE)) AS f_class,
       :classes - whole(CAST(:classes * (m.whole_count - m.upto) AS DOUBLE) / CAST(m.whole_count AS DOUBLE)) AS m_class,
       :classes - whole(CAST(:classes * (p.whole_count - p.upto) AS DOUBLE) / CAST(p.whole_count AS DOUBLE)) AS p_class
FROM standing s
JOIN rfm_spread r ON r.dimension = 'R' AND r.business_type = s.business_type AND r.raw = -s.idle_days
JOIN rfm_spread f ON f.dimension = 'F' AND f.business_type = s.business_type AND f.raw = s.active_months
JOIN rfm_spread m ON m.dimension = 'M' AND m.business_type = s.business_type AND m.raw = s.end_cents
JOIN rfm_spread p ON p.dimension = 'P' AND p.business_type = s.business_type AND p.raw = s.category_count
WHERE s.is_here
