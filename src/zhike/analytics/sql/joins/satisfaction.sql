LEFT JOIN fading f ON f.days = m.answer_days
LEFT JOIN (SELECT business_type, customer_group,
                  CAST(SUM(answer_satisfaction) AS BIGINT) AS answer_sum,
                  COUNT(answer_satisfaction) AS answer_count
           FROM measures
           GROUP BY business_type, customer_group) a
  ON a.business_type = m.business_type AND a.customer_group = m.customer_group
