-- From raw indicators to the loyalty index (L-38, formula E.6), one row a customer.
-- ranked: what does not depend on weights, thresholds and scalings, see `ranked.sql` and `what_if/kept.sql`. groups: one row
-- for each business type and customer group, with the resolved weights and the numbers of the peers.
WITH ranked AS (
{ranked}
), valued AS (
  SELECT r.*, g.weight_set,
         {values}
  FROM ranked r
  JOIN groups g ON g.business_type = r.business_type AND g.customer_group = r.customer_group
  {joins}
), weighed AS (
  SELECT v.*,
         {available} AS available,
         {points} AS points
  FROM valued v
), scored AS (
  SELECT w.*,
         w.points / CAST(NULLIF(w.available, 0) AS DOUBLE) AS score,
         w.available >= :minimum_available AS is_sufficient,
         w.months_known < :new_customer_months AS is_new
  FROM weighed w
)
