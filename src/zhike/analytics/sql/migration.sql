-- Customers by tier before and after, and the direction of their scores.
SELECT previous_tier, tier,
       COUNT(*) AS customer_count,
       COUNT(CASE WHEN score_change > 0e0 THEN 1 END) AS risen_count,
       COUNT(CASE WHEN score_change < 0e0 THEN 1 END) AS fallen_count
FROM changes
GROUP BY previous_tier, tier
