-- What a customer keeps with the bank and how it moves (formula E.8); loans by their size. One row a customer.
-- Each account is summed first: the longest table is grouped once and joined small.
SELECT a.customer_id,
       CAST(SUM(CASE WHEN p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')
                     THEN b.recent_cents ELSE 0 END) AS BIGINT) AS recent_cents,
       CAST(SUM(CASE WHEN p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')
                     THEN b.year_cents - b.recent_cents ELSE 0 END) AS BIGINT) AS earlier_cents,
       MAX(CASE WHEN p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')
                THEN whole_months(b.first_month_on, :recent_from) END) AS earlier_months,
       CAST(SUM(CASE WHEN p.category IN ('LOAN', 'CARD') THEN b.owed_cents ELSE 0 END) AS BIGINT) AS loan_cents
FROM (SELECT account_id,
             CAST(SUM(COALESCE(average_cents, 0)) AS BIGINT) AS year_cents,
             CAST(SUM(CASE WHEN month_on >= :recent_from
                           THEN COALESCE(average_cents, 0) ELSE 0 END) AS BIGINT) AS recent_cents,
             MIN(month_on) AS first_month_on,
             MAX(CASE WHEN month_on >= :month_from THEN ABS(COALESCE(end_cents, 0)) ELSE 0 END) AS owed_cents
      FROM balances
      WHERE month_on >= :balances_from AND month_on <= :as_of
      GROUP BY account_id) b
JOIN accounts a ON a.account_id = b.account_id
JOIN products p ON p.product_id = a.product_id
WHERE a.customer_id IS NOT NULL AND a.opened_on <= :as_of
GROUP BY a.customer_id
