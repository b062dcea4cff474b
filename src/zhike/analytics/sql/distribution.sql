-- Customers by tier, by tier of the score alone, and by bin of the score; an unscored customer has no bin.
SELECT tier, score_tier, whole(score / CAST(:bin_points AS DOUBLE)) AS bin,
       COUNT(*) AS customer_count,
       COUNT(CASE WHEN is_provisional THEN 1 END) AS provisional_count,
       COUNT(CASE WHEN NOT is_sufficient THEN 1 END) AS insufficient_count
FROM results
GROUP BY tier, score_tier, whole(score / CAST(:bin_points AS DOUBLE))
