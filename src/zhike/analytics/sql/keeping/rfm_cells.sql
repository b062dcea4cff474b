-- How many customers are in each of the eight cells (formula E.11).
SELECT business_type, cell, COUNT(*) AS customer_count
FROM celled
WHERE cell IS NOT NULL
GROUP BY business_type, cell
