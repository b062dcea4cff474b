-- The same pasts counted: what the models are fitted on and tried against, whatever the number of customers.
SELECT business_type, customer_group, repeats, recency_days, age_days, recent_count, further_count,
       COUNT(*) AS customer_count
FROM pasts
GROUP BY business_type, customer_group, repeats, recency_days, age_days, recent_count, further_count
