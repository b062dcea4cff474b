-- One row per customer: holdings in sum at the latest month end, and 24 months of month-end balances.
WITH recent AS (
    SELECT DISTINCT month_on FROM {balances} ORDER BY month_on DESC LIMIT 24
), months AS (
    SELECT list(month_on ORDER BY month_on) AS months, max(month_on) AS month_on,
           (max(month_on) - INTERVAL 1 MONTH)::DATE AS before_on
      FROM recent
), held AS (
    SELECT b.customer_id, b.account_id, b.month_on, b.average_cents, b.end_cents, p.category, a.matures_on,
           a.closed_on, a.product_id
      FROM {balances} AS b
      JOIN whole_accounts AS a USING (account_id)
      JOIN whole_products AS p USING (product_id)
     WHERE b.month_on IN (SELECT month_on FROM recent)
), series AS (
    SELECT customer_id, month_on,
           sum(CASE WHEN category IN ('DEMAND', 'TERM') THEN end_cents ELSE 0 END)::BIGINT AS deposit,
           sum(CASE WHEN category = 'WEALTH' THEN end_cents ELSE 0 END)::BIGINT AS wealth,
           sum(CASE WHEN category = 'FUND' THEN end_cents ELSE 0 END)::BIGINT AS fund,
           sum(CASE WHEN category = 'INSURANCE' THEN end_cents ELSE 0 END)::BIGINT AS insurance
      FROM held GROUP BY ALL
), grid AS (
    SELECT c.customer_id, r.month_on, coalesce(s.deposit, 0) AS deposit, coalesce(s.wealth, 0) AS wealth,
           coalesce(s.fund, 0) AS fund, coalesce(s.insurance, 0) AS insurance
      FROM (SELECT DISTINCT customer_id FROM held) AS c CROSS JOIN recent AS r
      LEFT JOIN series AS s ON s.customer_id = c.customer_id AND s.month_on = r.month_on
), listed AS (
    SELECT customer_id, list(deposit ORDER BY month_on) AS deposit, list(wealth ORDER BY month_on) AS wealth,
           list(fund ORDER BY month_on) AS fund, list(insurance ORDER BY month_on) AS insurance
      FROM grid GROUP BY customer_id
), summed AS (
    SELECT h.customer_id,
           sum(CASE WHEN h.month_on = m.month_on AND category IN ({assets}) THEN end_cents ELSE 0 END)::BIGINT AS aum,
           sum(CASE WHEN h.month_on = m.before_on AND category IN ({assets}) THEN end_cents ELSE 0 END)::BIGINT AS before,
           sum(CASE WHEN h.month_on = m.month_on AND category IN ({assets}) THEN average_cents ELSE 0 END)::BIGINT AS average,
           sum(CASE WHEN h.month_on = m.month_on AND category = 'LOAN' THEN abs(end_cents) ELSE 0 END)::BIGINT AS loan
      FROM held AS h CROSS JOIN months AS m GROUP BY h.customer_id
), opened AS (
    SELECT a.customer_id, count(*) AS products, count(DISTINCT p.category) AS categories,
           min(CASE WHEN a.matures_on >= DATE '{business_on}' THEN a.matures_on END) AS matures_on
      FROM whole_accounts AS a JOIN whole_products AS p USING (product_id)
     WHERE a.closed_on IS NULL OR a.closed_on > DATE '{business_on}' GROUP BY a.customer_id
), maturing AS (
    SELECT o.customer_id, sum(h.end_cents)::BIGINT AS cents
      FROM opened AS o CROSS JOIN months AS m
      JOIN held AS h ON h.customer_id = o.customer_id AND h.month_on = m.month_on AND h.matures_on = o.matures_on
     WHERE h.category IN ({assets}) GROUP BY o.customer_id
)
SELECT l.customer_id, 0, m.month_on, s.aum, s.before, s.average, s.loan, coalesce(o.products, 0),
       coalesce(o.categories, 0), o.matures_on, coalesce(t.cents, 0),
       '{{' || array_to_string(m.months, ',') || '}}', '{{' || array_to_string(l.deposit, ',') || '}}',
       '{{' || array_to_string(l.wealth, ',') || '}}', '{{' || array_to_string(l.fund, ',') || '}}',
       '{{' || array_to_string(l.insurance, ',') || '}}'
  FROM listed AS l CROSS JOIN months AS m
  JOIN summed AS s USING (customer_id) LEFT JOIN opened AS o USING (customer_id)
  LEFT JOIN maturing AS t USING (customer_id)
 ORDER BY l.customer_id
