-- Assets with the bank (formula E.10) by customer: sums of the months that end on the first day, on the second, and the
-- largest such sum of the year. Each account is summed first: the longest table is grouped once and joined small.
SELECT a.customer_id,
       CAST(SUM(b.start_cents) AS BIGINT) AS start_sum,
       CAST(SUM(b.back_0_cents) AS BIGINT) AS end_sum,
       GREATEST({sums}) AS peak_sum
FROM (SELECT account_id,
             {windows}
      FROM balances
      WHERE month_on >= :assets_from AND month_on <= :end_on
      GROUP BY account_id) b
JOIN accounts a ON a.account_id = b.account_id
JOIN products p ON p.product_id = a.product_id
WHERE p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE') AND a.customer_id IS NOT NULL
GROUP BY a.customer_id
