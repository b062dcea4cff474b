-- Customers by the period they came in, and whole periods they stayed (NULL: still here). Periods count from :epoch.
SELECT business_type, cohort, stayed_periods, COUNT(*) AS customer_count
FROM (SELECT COALESCE(business_type, 'UNKNOWN') AS business_type,
             whole(CAST(whole_months(:epoch, opened_on) AS DOUBLE) / CAST(:period_months AS DOUBLE)) AS cohort,
             CASE WHEN closed_on <= :as_of
                  THEN GREATEST(whole(CAST(whole_months(opened_on, closed_on) AS DOUBLE)
                                      / CAST(:period_months AS DOUBLE)), 0) END AS stayed_periods
      FROM customers
      WHERE customer_id IS NOT NULL AND opened_on >= :epoch AND opened_on <= :as_of) lives
GROUP BY business_type, cohort, stayed_periods
