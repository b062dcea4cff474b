-- The customers of a portrait: with the bank on the date. One row a customer.
SELECT c.customer_id,
       c.outlet_id,
       c.kind,
       c.business_type,
       c.customer_group,
       c.opened_on,
       whole_months(c.opened_on, :as_of) AS months_known
FROM customers c
WHERE c.customer_id IS NOT NULL
  AND c.opened_on <= :as_of
  AND (c.closed_on IS NULL OR c.closed_on > :as_of)
