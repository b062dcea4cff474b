-- The latest declared assets elsewhere within the year (formula E.9); two on one day count as the larger.
SELECT customer_id, elsewhere_on,
       elsewhere_packed - 1000000000000000 * days_between(:year_from, elsewhere_on) AS elsewhere_cents
FROM (SELECT customer_id, MAX(happened_on) AS elsewhere_on,
             MAX(1000000000000000 * days_between(:year_from, happened_on) + amount_cents) AS elsewhere_packed
      FROM events
      WHERE kind = 'HOLDINGS_ELSEWHERE' AND amount_cents BETWEEN 0 AND 999999999999999 AND customer_id IS NOT NULL
        AND happened_on >= :year_from AND happened_on <= :end_on
      GROUP BY customer_id) packed
