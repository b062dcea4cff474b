-- What a customer said, asked for and was told beside the accounts (formulas E.2 to E.4, E.9). One row a customer.
-- The latest answer and declaration are the largest of day and value packed into one number.
SELECT customer_id,
       CAST(SUM(CASE WHEN kind = 'COMPLAINT' THEN 1 ELSE 0 END) AS BIGINT) AS complaints_12m,
       CAST(SUM(CASE WHEN kind = 'COMPLAINT' AND outcome = 'FOUNDED' THEN 1 ELSE 0 END) AS BIGINT)
           AS complaints_founded_12m,
       MAX(CASE WHEN kind = 'COMPLAINT' AND outcome = 'OPEN' THEN 1 ELSE 0 END) = 1 AS has_open_complaint,
       CAST(SUM(CASE WHEN kind = 'OBJECTION' THEN 1 ELSE 0 END) AS BIGINT) AS objections_12m,
       CAST(SUM(CASE WHEN kind = 'ANSWER' AND outcome = 'VALID' THEN 1 ELSE 0 END) AS BIGINT) AS answers_12m,
       MAX(CASE WHEN kind = 'ANSWER' AND outcome = 'VALID' AND satisfaction BETWEEN 1 AND 5
                THEN 16 * days_between(:year_from, happened_on) + satisfaction END) AS satisfaction_packed,
       MAX(CASE WHEN kind = 'ANSWER' AND outcome = 'VALID' AND intention BETWEEN 0 AND 10
                THEN 16 * days_between(:year_from, happened_on) + intention END) AS intention_packed,
       CAST(SUM(CASE WHEN kind IN ('CONTACT', 'VISIT') AND outcome = 'DONE' THEN 1 ELSE 0 END) AS BIGINT)
           AS contacts_12m,
       MAX(CASE WHEN kind IN ('CONTACT', 'VISIT') AND outcome = 'DONE' THEN happened_on END) AS last_contact_on,
       CAST(SUM(CASE WHEN kind = 'REFERRAL' AND outcome = 'QUALIFIED' THEN 1 ELSE 0 END) AS BIGINT) AS referrals_12m,
       MAX(CASE WHEN kind = 'HOLDINGS_ELSEWHERE' AND amount_cents BETWEEN 0 AND 999999999999999
                THEN 1000000000000000 * days_between(:year_from, happened_on) + amount_cents END) AS elsewhere_packed,
       MAX(CASE WHEN kind = 'HOLDINGS_ELSEWHERE' AND amount_cents BETWEEN 0 AND 999999999999999
                THEN happened_on END) AS elsewhere_on
FROM events
WHERE customer_id IS NOT NULL AND happened_on >= :year_from AND happened_on <= :as_of
GROUP BY customer_id
