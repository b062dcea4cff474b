-- Assets with the bank by whole months up to the day: of late, before, and in the best month. One row a customer.
-- A month that has not ended on the day would tell of days to come.
SELECT customer_id,
       CAST(SUM(CASE WHEN month_on >= :recent_from THEN month_cents ELSE 0 END) AS BIGINT) AS recent_cents,
       CAST(SUM(CASE WHEN month_on < :recent_from THEN month_cents ELSE 0 END) AS BIGINT) AS earlier_cents,
       COUNT(CASE WHEN month_on < :recent_from THEN 1 END) AS earlier_months,
       MIN(month_on) AS first_month_on,
       MAX(month_cents) AS peak_cents
FROM (SELECT a.customer_id, b.month_on, CAST(SUM(COALESCE(b.average_cents, 0)) AS BIGINT) AS month_cents
      FROM balances b
      JOIN accounts a ON a.account_id = b.account_id
      JOIN products p ON p.product_id = a.product_id
      WHERE b.month_on >= :balances_from AND b.month_on <= :balances_until
        AND p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE') AND a.customer_id IS NOT NULL
        AND a.opened_on <= :as_of
      GROUP BY a.customer_id, b.month_on) by_month
GROUP BY customer_id
