-- What a customer said and did beside the accounts (formulas E.2, E.3, E.4, E.9).
-- The latest answer and declaration are the largest of day and value packed into one number, so that no
-- order of rows matters; two on one day count as the better answer and the larger declaration.
SELECT customer_id,
       complaint_weight,
       objection_count,
       referral_count,
       answer_packed - 16 * whole(CAST(answer_packed AS DOUBLE) / 16e0) AS answer_satisfaction,
       days_between(:window_from, :as_of) - whole(CAST(answer_packed AS DOUBLE) / 16e0) AS answer_days,
       intention_packed - 16 * whole(CAST(intention_packed AS DOUBLE) / 16e0) AS answer_intention,
       elsewhere_packed - 1000000000000000 * days_between(:window_from, elsewhere_on) AS elsewhere_cents
FROM (SELECT customer_id,
             CAST(SUM(CASE WHEN kind = 'COMPLAINT' AND outcome = 'FOUNDED'
                           THEN GREATEST(COALESCE(severity, 1), 0) ELSE 0 END) AS BIGINT) AS complaint_weight,
             CAST(SUM(CASE WHEN kind = 'OBJECTION' AND outcome = 'FOUNDED'
                           THEN 1 ELSE 0 END) AS BIGINT) AS objection_count,
             CAST(SUM(CASE WHEN kind = 'REFERRAL' AND outcome = 'QUALIFIED'
                           THEN 1 ELSE 0 END) AS BIGINT) AS referral_count,
             MAX(CASE WHEN kind = 'ANSWER' AND outcome = 'VALID' AND satisfaction BETWEEN 1 AND 5
                      THEN 16 * days_between(:window_from, happened_on) + satisfaction END) AS answer_packed,
             MAX(CASE WHEN kind = 'ANSWER' AND outcome = 'VALID' AND intention BETWEEN 0 AND 10
                      THEN 16 * days_between(:window_from, happened_on) + intention END) AS intention_packed,
             MAX(CASE WHEN kind = 'HOLDINGS_ELSEWHERE' AND amount_cents BETWEEN 0 AND 999999999999999
                      THEN 1000000000000000 * days_between(:window_from, happened_on) + amount_cents END)
                 AS elsewhere_packed,
             MAX(CASE WHEN kind = 'HOLDINGS_ELSEWHERE' AND amount_cents BETWEEN 0 AND 999999999999999
                      THEN happened_on END) AS elsewhere_on
      FROM events
      WHERE customer_id IS NOT NULL AND happened_on >= :window_from AND happened_on <= :as_of
      GROUP BY customer_id) packed
