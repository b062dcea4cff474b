-- What a customer's balances earn and how they move (formulas E.5, E.8), each account to the whole cent.
-- Monthly averages are summed by account first: the longest table is grouped once and joined small.
-- Credit counts by its size whatever its sign in the source; an overdrawn deposit earns no deposit margin.
SELECT a.customer_id,
       CAST(SUM(whole(CAST(CASE WHEN p.category IN ('LOAN', 'CARD') THEN ABS(b.window_cents)
                                ELSE GREATEST(b.window_cents, 0) END AS DOUBLE)
                      * CAST(COALESCE(p.margin_ppm, 0) - COALESCE(p.loss_ppm, 0) AS DOUBLE)
                      / 12e6 + 0.5e0)) AS BIGINT) AS margin_cents,
       CAST(SUM(CASE WHEN p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')
                     THEN b.recent_cents ELSE 0 END) AS BIGINT) AS recent_cents,
       CAST(SUM(CASE WHEN p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')
                     THEN b.window_cents - b.recent_cents ELSE 0 END) AS BIGINT) AS earlier_cents,
       MAX(CASE WHEN p.category IN ('DEMAND', 'TERM', 'WEALTH', 'FUND', 'INSURANCE')
                THEN whole_months(b.first_month_on, :recent_from) END) AS earlier_months
FROM (SELECT account_id,
             CAST(SUM(COALESCE(average_cents, 0)) AS BIGINT) AS window_cents,
             CAST(SUM(CASE WHEN month_on >= :recent_from
                           THEN COALESCE(average_cents, 0) ELSE 0 END) AS BIGINT) AS recent_cents,
             MIN(month_on) AS first_month_on
      FROM balances
      WHERE month_on >= :balances_from AND month_on <= :as_of
      GROUP BY account_id) b
JOIN accounts a ON a.account_id = b.account_id
JOIN products p ON p.product_id = a.product_id
WHERE a.customer_id IS NOT NULL AND a.opened_on <= :as_of
GROUP BY a.customer_id
