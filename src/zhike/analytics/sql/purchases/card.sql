-- Days on which a customer paid by card, and how much (formula E.5: bought without a contract). A day counts once.
SELECT customer_id, booked_on AS bought_on, CAST(SUM(-amount_cents) AS BIGINT) AS spent_cents
FROM transactions
WHERE kind = 'CARD_PURCHASE' AND amount_cents < 0 AND customer_id IS NOT NULL
  AND booked_on >= :bought_from AND booked_on <= :until
GROUP BY customer_id, booked_on
