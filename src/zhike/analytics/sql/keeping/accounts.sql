-- What a customer held on both days, by product category. One row a customer.
SELECT a.customer_id,
       CAST(SUM(CASE WHEN a.opened_on <= :start_on AND (a.closed_on IS NULL OR a.closed_on > :start_on)
                     THEN 1 ELSE 0 END) AS BIGINT) AS start_accounts,
       CAST(SUM(CASE WHEN a.closed_on IS NULL OR a.closed_on > :end_on THEN 1 ELSE 0 END) AS BIGINT) AS end_accounts,
       COUNT(DISTINCT CASE WHEN a.opened_on <= :start_on AND (a.closed_on IS NULL OR a.closed_on > :start_on)
                           THEN p.category END) AS start_categories,
       COUNT(DISTINCT CASE WHEN a.closed_on IS NULL OR a.closed_on > :end_on THEN p.category END) AS end_categories,
       MAX(CASE WHEN p.category = 'PAYROLL' AND (a.closed_on IS NULL OR a.closed_on > :end_on)
                THEN 1 ELSE 0 END) AS holds_payroll,
       MAX(CASE WHEN p.category = 'SERVICE' AND (a.closed_on IS NULL OR a.closed_on > :end_on)
                THEN 1 ELSE 0 END) AS holds_service,
       MAX(CASE WHEN p.category IN ('WEALTH', 'FUND', 'INSURANCE') AND (a.closed_on IS NULL OR a.closed_on > :end_on)
                THEN 1 ELSE 0 END) AS holds_wealth,
       MAX(CASE WHEN p.category = 'LOAN' AND (a.closed_on IS NULL OR a.closed_on > :end_on)
                THEN 1 ELSE 0 END) AS holds_loan
FROM accounts a
JOIN products p ON p.product_id = a.product_id
WHERE a.customer_id IS NOT NULL AND a.opened_on <= :end_on
GROUP BY a.customer_id
