-- Assets with the bank (formula E.10) by customer and month, each month the average of the last :recent_months.
-- Months count from :assets_from. A month enters the averages that end with it and with those soon after it.
SELECT customer_id, month_index + lag AS month_index, CAST(SUM(cents) AS BIGINT) AS cents
FROM (SELECT a.customer_id, whole_months(:assets_from, b.month_on) AS month_index,
             CAST(SUM(COALESCE(b.average_cents, 0)) AS BIGINT) AS cents
      FROM balances b
      JOIN accounts a ON a.account_id = b.account_id
      JOIN products p ON p.product_id = a.product_id
      WHERE p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE') AND a.customer_id IS NOT NULL
        AND b.month_on >= :assets_from AND b.month_on <= :end_on
      GROUP BY a.customer_id, whole_months(:assets_from, b.month_on)) monthly
CROSS JOIN lags
GROUP BY customer_id, month_index + lag
