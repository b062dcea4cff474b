-- What a customer holds, has given up and has coming due, by what was known on the day. One row a customer.
-- A closing after the day has not happened yet.
SELECT a.customer_id,
       COUNT(DISTINCT CASE WHEN a.closed_on IS NULL OR a.closed_on > :as_of THEN p.category END) AS categories_held,
       CAST(SUM(CASE WHEN a.closed_on >= :year_from AND a.closed_on <= :as_of THEN 1 ELSE 0 END) AS BIGINT)
           AS accounts_closed,
       CAST(SUM(CASE WHEN p.category IN ('TERM', 'WEALTH', 'FUND', 'INSURANCE')
                      AND a.matures_on > :as_of AND a.matures_on <= :ahead_until
                      AND (a.closed_on IS NULL OR a.closed_on > :as_of)
                     THEN GREATEST(COALESCE(a.principal_cents, 0), 0) ELSE 0 END) AS BIGINT) AS maturing_cents
FROM accounts a
JOIN products p ON p.product_id = a.product_id
WHERE a.customer_id IS NOT NULL AND a.opened_on <= :as_of
GROUP BY a.customer_id
