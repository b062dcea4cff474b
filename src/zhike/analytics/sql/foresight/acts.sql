-- How a customer acted in the year up to the day; what the bank booked by itself is no act. One row a customer.
SELECT customer_id,
       MAX(CASE WHEN channel <> 'BANK' THEN booked_on END) AS last_act_on,
       CAST(SUM(CASE WHEN channel <> 'BANK' AND booked_on >= :quarter_from THEN 1 ELSE 0 END) AS BIGINT) AS acts_recent,
       CAST(SUM(CASE WHEN channel <> 'BANK' AND booked_on < :quarter_from THEN 1 ELSE 0 END) AS BIGINT) AS acts_earlier,
       COUNT(DISTINCT CASE WHEN channel <> 'BANK' THEN whole_months(booked_on, :as_of) END) AS active_months,
       MAX(CASE WHEN kind = 'SALARY' AND booked_on < :quarter_from THEN 1 ELSE 0 END) AS had_salary,
       MAX(CASE WHEN kind = 'SALARY' AND booked_on >= :quarter_from THEN 1 ELSE 0 END) AS has_salary,
       CAST(SUM(CASE WHEN booked_on >= :quarter_from AND channel <> 'BANK'
                     THEN GREATEST(-COALESCE(amount_cents, 0), 0) ELSE 0 END) AS BIGINT) AS out_cents,
       CAST(SUM(CASE WHEN booked_on >= :quarter_from AND channel <> 'BANK' AND kind = 'TRANSFER_OUT'
                      AND counter_bank IS NOT NULL
                     THEN GREATEST(-COALESCE(amount_cents, 0), 0) ELSE 0 END) AS BIGINT) AS away_cents
FROM transactions
WHERE customer_id IS NOT NULL AND booked_on >= :year_from AND booked_on <= :as_of
GROUP BY customer_id
