-- The cell of each customer (formula E.11): each class against the mean class of the business type; at the mean counts
-- as above.
SELECT c.customer_id, c.business_type, c.customer_group, c.outlet_id, c.r_class, c.f_class, c.m_class, c.p_class,
       CASE WHEN c.m_class * g.customer_count >= g.m_sum THEN 'IMPORTANT' ELSE 'GENERAL' END
       || CASE WHEN c.r_class * g.customer_count >= g.r_sum
               THEN CASE WHEN c.f_class * g.customer_count >= g.f_sum THEN '_VALUE' ELSE '_DEVELOP' END
               ELSE CASE WHEN c.f_class * g.customer_count >= g.f_sum THEN '_KEEP' ELSE '_WIN_BACK' END END AS cell
FROM rfm c
JOIN (SELECT business_type, COUNT(*) AS customer_count, CAST(SUM(r_class) AS BIGINT) AS r_sum,
             CAST(SUM(f_class) AS BIGINT) AS f_sum, CAST(SUM(m_class) AS BIGINT) AS m_sum
      FROM rfm GROUP BY business_type) g ON g.business_type = c.business_type
