-- What the models say of each customer, by what is known of him or her: one row a customer who has bought.
SELECT p.customer_id, p.business_type, p.customer_group, p.repeats, p.recency_days, p.age_days, p.repeat_cents,
       v.alive, v.expected_count, v.discounted_count
FROM pasts p
JOIN predicted v
  ON v.business_type = p.business_type AND v.repeats = p.repeats AND v.recency_days = p.recency_days
 AND v.age_days = p.age_days
