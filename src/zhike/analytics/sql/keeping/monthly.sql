-- Customers there at the beginning of each month, and how many of them left within it (N-03).
SELECT m.month_on, COALESCE(c.business_type, 'UNKNOWN') AS business_type,
       COALESCE(c.customer_group, 'UNKNOWN') AS customer_group,
       COUNT(*) AS starter_count,
       COUNT(CASE WHEN c.closed_on < m.next_month_on THEN 1 END) AS left_count
FROM months m
JOIN customers c ON c.opened_on < m.month_on AND (c.closed_on IS NULL OR c.closed_on >= m.month_on)
WHERE c.customer_id IS NOT NULL
GROUP BY m.month_on, COALESCE(c.business_type, 'UNKNOWN'), COALESCE(c.customer_group, 'UNKNOWN')
