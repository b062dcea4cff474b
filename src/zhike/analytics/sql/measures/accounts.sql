-- What a customer took, renewed, let mature and holds, from the accounts (formula E.1).
-- matured: savings and investments that came due in the window; a loan paid back is not a purchase lost.
-- product_fee_cents: the yearly fee of each product for the days it was held in the window.
SELECT a.customer_id,
       CAST(SUM(CASE WHEN a.opened_on >= :window_from AND p.is_chosen
                      AND (a.opening IN ('NEW', 'RENEWED')
                           OR (a.opening = 'ROLLED' AND :repeat_purchase_count_rolled = 1e0))
                     THEN 1 ELSE 0 END) AS BIGINT) AS purchase_count,
       CAST(SUM(CASE WHEN p.category IN ('TERM', 'WEALTH', 'FUND', 'INSURANCE')
                      AND a.matures_on BETWEEN :window_from AND :as_of
                     THEN 1 ELSE 0 END) AS BIGINT) AS matured_count,
       CAST(SUM(CASE WHEN p.category IN ('TERM', 'WEALTH', 'FUND', 'INSURANCE')
                      AND a.matures_on BETWEEN :window_from AND :as_of
                     THEN GREATEST(COALESCE(a.principal_cents, 0), 0) ELSE 0 END) AS BIGINT) AS matured_cents,
       CAST(SUM(CASE WHEN p.category IN ('TERM', 'WEALTH', 'FUND', 'INSURANCE')
                      AND a.opened_on >= :window_from AND p.is_chosen
                      AND (a.opening = 'RENEWED'
                           OR (a.opening = 'ROLLED' AND :repeat_purchase_count_rolled = 1e0))
                     THEN GREATEST(COALESCE(a.principal_cents, 0), 0) ELSE 0 END) AS BIGINT) AS renewed_cents,
       COUNT(DISTINCT CASE WHEN a.closed_on IS NULL OR a.closed_on > :as_of
                           THEN p.category END) AS category_count,
       CAST(SUM(whole(CAST(COALESCE(p.fee_cents, 0) AS DOUBLE)
                      * CAST(GREATEST(1 + days_between(GREATEST(a.opened_on, :window_from),
                                                       LEAST(COALESCE(a.closed_on, :as_of), :as_of)), 0) AS DOUBLE)
                      / 365e0 + 0.5e0)) AS BIGINT) AS product_fee_cents
FROM accounts a
JOIN products p ON p.product_id = a.product_id
WHERE a.customer_id IS NOT NULL AND a.opened_on <= :as_of
GROUP BY a.customer_id
