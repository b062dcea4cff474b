-- Mean spend at a repeat purchase, counted at about three digits: the exact sum of each step goes with it.
SELECT business_type, repeats, step_cents, whole(mean_cents / CAST(step_cents AS DOUBLE)) AS step_count,
       COUNT(*) AS customer_count,
       CAST(SUM(repeat_cents) AS BIGINT) AS repeat_cents
FROM (SELECT business_type, repeats, repeat_cents, mean_cents,
             CASE WHEN mean_cents < 1e3 THEN 1 WHEN mean_cents < 1e4 THEN 10 WHEN mean_cents < 1e5 THEN 100
                  WHEN mean_cents < 1e6 THEN 1000 WHEN mean_cents < 1e7 THEN 10000 WHEN mean_cents < 1e8 THEN 100000
                  WHEN mean_cents < 1e9 THEN 1000000 ELSE 10000000 END AS step_cents
      FROM (SELECT business_type, repeats, repeat_cents,
                   CAST(repeat_cents AS DOUBLE) / CAST(repeats AS DOUBLE) AS mean_cents
            FROM pasts
            WHERE repeats > 0 AND repeat_cents > 0) each_mean) stepped
GROUP BY business_type, repeats, step_cents, whole(mean_cents / CAST(step_cents AS DOUBLE))
