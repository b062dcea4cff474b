-- How often, when, by which ways and with how much a customer acted (formula E.11). One row a customer.
-- What the bank booked by itself is no act of the customer's. last_packed: day and way of the latest act in one number.
SELECT customer_id,
       CAST(SUM(CASE WHEN channel <> 'BANK' THEN 1 ELSE 0 END) AS BIGINT) AS acts_12m,
       COUNT(DISTINCT CASE WHEN channel <> 'BANK' THEN whole_months(booked_on, :as_of) END) AS active_months_12m,
       MAX(CASE WHEN channel <> 'BANK' THEN booked_on END) AS last_act_on,
       CAST(SUM(CASE WHEN channel = 'MOBILE' THEN 1 ELSE 0 END) AS BIGINT) AS mobile_count,
       CAST(SUM(CASE WHEN channel IN ('MOBILE', 'ONLINE') THEN 1 ELSE 0 END) AS BIGINT) AS digital_count,
       CAST(SUM(CASE WHEN channel = 'COUNTER' THEN 1 ELSE 0 END) AS BIGINT) AS counter_count,
       MAX(CASE channel WHEN 'COUNTER' THEN 16 * days_between(:year_from, booked_on) + 1
                        WHEN 'ATM' THEN 16 * days_between(:year_from, booked_on) + 2
                        WHEN 'MOBILE' THEN 16 * days_between(:year_from, booked_on) + 3
                        WHEN 'ONLINE' THEN 16 * days_between(:year_from, booked_on) + 4
                        WHEN 'POS' THEN 16 * days_between(:year_from, booked_on) + 5
                        WHEN 'PHONE' THEN 16 * days_between(:year_from, booked_on) + 6 END) AS last_packed,
       MAX(CASE WHEN channel <> 'BANK' AND booked_on >= :quarter_from
                THEN GREATEST(COALESCE(amount_cents, 0), 0) ELSE 0 END) AS largest_in_cents,
       MAX(CASE WHEN channel <> 'BANK' AND booked_on >= :quarter_from
                THEN GREATEST(-COALESCE(amount_cents, 0), 0) ELSE 0 END) AS largest_out_cents,
       CAST(SUM(CASE WHEN channel <> 'BANK' AND booked_on >= :quarter_from
                     THEN COALESCE(amount_cents, 0) ELSE 0 END) AS BIGINT) AS net_flow_cents
FROM transactions
WHERE customer_id IS NOT NULL AND booked_on >= :year_from AND booked_on <= :as_of
GROUP BY customer_id
