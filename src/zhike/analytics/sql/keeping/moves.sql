-- Customers by asset band on the first day and on the second (formulas E.9, E.10); no band: not there, or unknown.
SELECT business_type, start_band, end_band, COUNT(*) AS customer_count
FROM standing
GROUP BY business_type, start_band, end_band
