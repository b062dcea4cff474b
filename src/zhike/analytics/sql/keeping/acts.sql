-- How a customer acted until the second day; what the bank booked by itself is no act. One row a customer.
SELECT customer_id,
       CAST(SUM(CASE WHEN channel <> 'BANK' AND booked_on >= :awake_from THEN 1 ELSE 0 END) AS BIGINT) AS awake_acts,
       {active_months} AS active_months,
       MAX(CASE WHEN channel <> 'BANK' THEN booked_on END) AS last_act_on,
       MAX(CASE WHEN kind = 'SALARY' AND booked_on >= :recent_from THEN 1 ELSE 0 END) AS has_salary,
       MAX(CASE WHEN kind = 'PENSION' AND booked_on >= :recent_from THEN 1 ELSE 0 END) AS has_pension,
       MAX(CASE WHEN kind = 'CARD_PURCHASE' AND booked_on >= :recent_from THEN 1 ELSE 0 END) AS has_card,
       MAX(CASE WHEN channel = 'MOBILE' AND booked_on >= :recent_from THEN 1 ELSE 0 END) AS has_mobile
FROM transactions
WHERE customer_id IS NOT NULL AND booked_on >= :year_from AND booked_on <= :end_on
GROUP BY customer_id
