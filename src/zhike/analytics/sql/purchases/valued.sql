-- What the models say of each customer, by what is known of him or her: one row a customer who has bought.
-- value_cents: discounted purchases times the expected spend (Gamma-Gamma) times the margin; unknown where spends are so
-- uneven that they have no mean.
SELECT p.customer_id, p.repeats, p.recency_days, p.age_days, p.repeat_cents,
       v.alive, v.expected_count, v.discounted_count,
       CASE WHEN :p * CAST(p.repeats AS DOUBLE) + :q > 1e0
            THEN whole(v.discounted_count * :margin_share * :p * (:v + CAST(p.repeat_cents AS DOUBLE))
                       / CAST(:p * CAST(p.repeats AS DOUBLE) + :q - 1e0 AS DOUBLE)) END AS value_cents
FROM pasts p
JOIN predicted v
  ON v.repeats = p.repeats AND v.recency_days = p.recency_days AND v.age_days = p.age_days
WHERE p.business_type = :business_type
