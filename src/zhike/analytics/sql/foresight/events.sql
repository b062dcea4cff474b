-- Complaints and contacts in the year up to the day. One row a customer.
-- How a complaint ended is not asked: on the day it may not have been known.
SELECT customer_id,
       CAST(SUM(CASE WHEN kind = 'COMPLAINT' THEN 1 ELSE 0 END) AS BIGINT) AS complaints,
       MAX(CASE WHEN kind IN ('CONTACT', 'VISIT') AND outcome = 'DONE' THEN happened_on END) AS last_contact_on
FROM events
WHERE customer_id IS NOT NULL AND happened_on >= :year_from AND happened_on <= :as_of
GROUP BY customer_id
