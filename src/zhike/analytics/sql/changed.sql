-- The customers worth a look: another tier, newly come, gone, or a score moved by as many points.
SELECT *
FROM changes
WHERE tier <> previous_tier OR ABS(COALESCE(score_change, 0e0)) >= :least_points
