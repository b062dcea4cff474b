-- What a run can rest on: rows and control totals by feed. What happened counts within the window: a feed that
-- stopped before it has nothing to say about anybody today.
SELECT 'customers' AS feed, COUNT(*) AS row_count, CAST(0 AS BIGINT) AS sum_cents
FROM customers WHERE opened_on <= :as_of
UNION ALL
SELECT 'accounts' AS feed, COUNT(*) AS row_count, CAST(COALESCE(SUM(principal_cents), 0) AS BIGINT) AS sum_cents
FROM accounts WHERE opened_on <= :as_of
UNION ALL
SELECT 'balances' AS feed, COUNT(*) AS row_count, CAST(COALESCE(SUM(average_cents), 0) AS BIGINT) AS sum_cents
FROM balances WHERE month_on >= :balances_from AND month_on <= :as_of
UNION ALL
SELECT 'transactions' AS feed, COUNT(*) AS row_count, CAST(COALESCE(SUM(amount_cents), 0) AS BIGINT) AS sum_cents
FROM transactions WHERE booked_on >= :window_from AND booked_on <= :as_of
UNION ALL
SELECT 'events:' || kind AS feed, COUNT(*) AS row_count, CAST(COALESCE(SUM(amount_cents), 0) AS BIGINT) AS sum_cents
FROM events WHERE happened_on >= :window_from AND happened_on <= :as_of AND kind IS NOT NULL GROUP BY kind
