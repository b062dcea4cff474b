-- How long customers of each business type stayed (formula E.5, sBG): whole years the bank could have kept
-- them, whole years they stayed (NULL: still here), and how many.
SELECT business_type, years, stayed_years, COUNT(*) AS customer_count
FROM (SELECT COALESCE(business_type, 'UNKNOWN') AS business_type,
             whole(CAST(whole_months(opened_on, :as_of) AS DOUBLE) / 12e0) AS years,
             CASE WHEN closed_on <= :as_of
                  THEN GREATEST(whole(CAST(whole_months(opened_on, closed_on) AS DOUBLE) / 12e0), 0)
             END AS stayed_years
      FROM customers
      WHERE customer_id IS NOT NULL AND opened_on <= :as_of) lives
GROUP BY business_type, years, stayed_years
