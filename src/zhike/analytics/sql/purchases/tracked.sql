-- Repeat purchases by business type and day, of those who had bought by the date, before it and after.
SELECT p.business_type, days_between(:bought_from, b.bought_on) AS day_count, COUNT(*) AS purchase_count
FROM bought b
JOIN pasts p ON p.customer_id = b.customer_id
WHERE b.bought_on > p.first_on
GROUP BY p.business_type, days_between(:bought_from, b.bought_on)
