-- What a customer took, renewed, holds and has coming due, from the accounts. One row a customer.
-- first_packed: the earliest opening, with its category as the last sixteenth, so that no order of rows matters.
SELECT a.customer_id,
       CAST(SUM(CASE WHEN a.opened_on >= :year_from AND p.is_chosen AND a.opening IN ('NEW', 'RENEWED')
                     THEN 1 ELSE 0 END) AS BIGINT) AS purchases_12m,
       CAST(SUM(CASE WHEN a.opened_on >= :year_from AND p.is_chosen AND a.opening = 'RENEWED'
                     THEN 1 ELSE 0 END) AS BIGINT) AS renewals_12m,
       MAX(CASE WHEN p.is_chosen AND a.opening IN ('NEW', 'RENEWED') THEN a.opened_on END) AS last_purchase_on,
       COUNT(DISTINCT CASE WHEN a.closed_on IS NULL OR a.closed_on > :as_of THEN p.category END) AS categories_held,
       CAST(SUM(CASE WHEN a.closed_on IS NULL OR a.closed_on > :as_of THEN 1 ELSE 0 END) AS BIGINT) AS accounts_open,
       MAX(CASE WHEN p.category = 'TERM' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_term,
       MAX(CASE WHEN p.category = 'WEALTH' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_wealth,
       MAX(CASE WHEN p.category = 'FUND' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_fund,
       MAX(CASE WHEN p.category = 'INSURANCE' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_insurance,
       MAX(CASE WHEN p.category = 'LOAN' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_loan,
       MAX(CASE WHEN p.category = 'CARD' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_card,
       MAX(CASE WHEN p.category = 'PAYROLL' AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                THEN 1 ELSE 0 END) = 1 AS holds_payroll,
       MIN(16 * days_between(:epoch, a.opened_on)
           + CASE p.category WHEN 'DEMAND' THEN 1 WHEN 'TERM' THEN 2 WHEN 'LOAN' THEN 3 WHEN 'CARD' THEN 4
                             WHEN 'WEALTH' THEN 5 WHEN 'FUND' THEN 6 WHEN 'INSURANCE' THEN 7 WHEN 'PAYROLL' THEN 8
                             WHEN 'SERVICE' THEN 9 END) AS first_packed,
       MIN(CASE WHEN p.category IN ('TERM', 'WEALTH', 'FUND', 'INSURANCE') AND a.matures_on > :as_of
                 AND (a.closed_on IS NULL OR a.closed_on > :as_of) THEN a.matures_on END) AS next_maturity_on,
       CAST(SUM(CASE WHEN p.category IN ('TERM', 'WEALTH', 'FUND', 'INSURANCE')
                      AND a.matures_on > :as_of AND a.matures_on <= :quarter_ahead
                      AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                     THEN GREATEST(COALESCE(a.principal_cents, 0), 0) ELSE 0 END) AS BIGINT) AS maturing_cents
FROM accounts a
JOIN products p ON p.product_id = a.product_id
WHERE a.customer_id IS NOT NULL AND a.opened_on <= :as_of
GROUP BY a.customer_id
