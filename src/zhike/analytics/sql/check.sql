-- Reconciliation of a run: rows, customers, and how far contributions and weights are from their sums.
SELECT COUNT(*) AS row_count,
       COUNT(DISTINCT customer_id) AS customer_count,
       COALESCE(MAX(ABS(score - ({contributions}))), 0e0) AS score_gap,
       COALESCE(MAX(CASE WHEN score IS NOT NULL THEN ABS(1e0 - ({weights})) END), 0e0) AS weight_gap,
       MIN(score) AS least_score,
       MAX(score) AS most_score
FROM results
