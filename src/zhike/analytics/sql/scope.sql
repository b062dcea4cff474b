-- The customers of a run: with the bank on the date. One row a customer.
SELECT c.customer_id,
       COALESCE(c.business_type, 'UNKNOWN') AS business_type,
       COALESCE(c.customer_group, 'UNKNOWN') AS customer_group,
       c.outlet_id,
       whole_months(c.opened_on, :as_of) AS months_known
FROM customers c
WHERE c.customer_id IS NOT NULL
  AND c.opened_on <= :as_of
  AND (c.closed_on IS NULL OR c.closed_on > :as_of)
