-- The second moment of each group around its mean, in millionths of the group's range, over whole numbers.
SELECT code, business_type, customer_group,
       SUM(CAST(part * part * customer_count AS DECIMAL(38, 0))) AS square_sum
FROM (SELECT s.code, s.business_type, s.customer_group, s.customer_count,
             whole((s.raw - c.mean) / CAST(c.width AS DOUBLE) * 1e6 + 0.5e0) AS part
      FROM spread s
      JOIN centres c
        ON c.code = s.code AND c.business_type = s.business_type AND c.customer_group = s.customer_group) parts
GROUP BY code, business_type, customer_group
