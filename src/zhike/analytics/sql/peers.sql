-- What each group of peers has of each indicator: count, sum in millionths, range, and the lower median with
-- its place among them. Sums are over whole numbers, so no order of rows can change them.
SELECT s.code, s.business_type, s.customer_group,
       t.total AS customer_count,
       CAST(SUM(whole(s.raw * 1e6 + 0.5e0) * s.customer_count) AS BIGINT) AS sum_millionths,
       MIN(s.raw) AS least_raw,
       MAX(s.raw) AS most_raw,
       MIN(CASE WHEN 2 * s.upto >= t.total THEN s.raw END) AS median_raw,
       MIN(CASE WHEN 2 * s.upto >= t.total THEN s.upto END) AS median_upto,
       COALESCE(MAX(CASE WHEN 2 * s.upto < t.total THEN s.upto END), 0) AS median_below
FROM spread s
JOIN (SELECT code, business_type, customer_group, MAX(upto) AS total
      FROM spread GROUP BY code, business_type, customer_group) t
  ON t.code = s.code AND t.business_type = s.business_type AND t.customer_group = s.customer_group
GROUP BY s.code, s.business_type, s.customer_group, t.total
