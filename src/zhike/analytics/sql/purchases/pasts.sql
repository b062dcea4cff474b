-- Who had bought by the date: purchases after the first (x), days from the first to the last (t_x) and to the date
-- (T), and what the repeat purchases came to. Beside them what a hold-out needs: purchases after the date
-- (further), and those of as many days before it (recent), which is what one would expect without any model.
SELECT c.customer_id, c.business_type, c.customer_group, f.first_on,
       f.purchase_count - 1 AS repeats,
       days_between(f.first_on, f.last_on) AS recency_days,
       days_between(f.first_on, :as_of) AS age_days,
       f.whole_cents - d.spent_cents AS repeat_cents,
       f.recent_count,
       f.further_count
FROM ({scope}
) c
JOIN (SELECT customer_id,
             MIN(bought_on) AS first_on,
             MAX(CASE WHEN bought_on <= :as_of THEN bought_on END) AS last_on,
             CAST(SUM(CASE WHEN bought_on <= :as_of THEN 1 ELSE 0 END) AS BIGINT) AS purchase_count,
             CAST(SUM(CASE WHEN bought_on <= :as_of THEN spent_cents ELSE 0 END) AS BIGINT) AS whole_cents,
             CAST(SUM(CASE WHEN bought_on > :recent_after AND bought_on <= :as_of
                           THEN 1 ELSE 0 END) AS BIGINT) AS recent_count,
             CAST(SUM(CASE WHEN bought_on > :as_of THEN 1 ELSE 0 END) AS BIGINT) AS further_count
      FROM bought
      GROUP BY customer_id) f ON f.customer_id = c.customer_id
JOIN bought d ON d.customer_id = f.customer_id AND d.bought_on = f.first_on
WHERE f.first_on <= :as_of
