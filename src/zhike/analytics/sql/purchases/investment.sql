-- Days on which a customer took wealth, fund or insurance products by decision (formulas E.1, E.5), and for how much.
-- The account opened and the money paid for it are one purchase: of the day's two sums the larger counts.
-- What rolled over by itself is no decision.
SELECT customer_id, bought_on, GREATEST(CAST(SUM(agreed_cents) AS BIGINT), CAST(SUM(paid_cents) AS BIGINT)) AS spent_cents
FROM (SELECT a.customer_id, a.opened_on AS bought_on,
             GREATEST(COALESCE(a.principal_cents, 0), 0) AS agreed_cents, 0 AS paid_cents
      FROM accounts a
      JOIN products p ON p.product_id = a.product_id
      WHERE p.category IN ('WEALTH', 'FUND', 'INSURANCE') AND p.is_chosen AND a.opening IN ('NEW', 'RENEWED')
      UNION ALL
      SELECT t.customer_id, t.booked_on AS bought_on, 0 AS agreed_cents, -t.amount_cents AS paid_cents
      FROM transactions t
      WHERE t.kind = 'SUBSCRIPTION' AND t.amount_cents < 0) taken
WHERE customer_id IS NOT NULL AND bought_on >= :bought_from AND bought_on <= :until
GROUP BY customer_id, bought_on
