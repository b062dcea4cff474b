-- What a customer paid in fees and by which channels he or she acted (formulas E.5, E.8).
-- An amount is seen from the account: a fee is negative there and income here.
SELECT customer_id,
       CAST(SUM(CASE WHEN kind = 'FEE' THEN -COALESCE(amount_cents, 0) ELSE 0 END) AS BIGINT)
           AS charged_fee_cents,
       CAST(SUM(CASE WHEN channel IN ('MOBILE', 'ONLINE') THEN 1 ELSE 0 END) AS BIGINT) AS digital_count,
       CAST(SUM(CASE WHEN channel <> 'BANK' THEN 1 ELSE 0 END) AS BIGINT) AS acted_count,
       CAST(SUM(CASE WHEN channel = 'COUNTER' THEN 1 ELSE 0 END) AS BIGINT) AS counter_count,
       CAST(SUM(CASE WHEN channel NOT IN ('BANK', 'COUNTER') THEN 1 ELSE 0 END) AS BIGINT) AS remote_count
FROM transactions
WHERE customer_id IS NOT NULL AND booked_on >= :window_from AND booked_on <= :as_of
GROUP BY customer_id
