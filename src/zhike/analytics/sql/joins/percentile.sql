LEFT JOIN spread {c}_rank
  ON {c}_rank.code = '{code}' AND {c}_rank.business_type = r.business_type
 AND {c}_rank.customer_group = r.customer_group AND {c}_rank.raw = r.{c}_raw
