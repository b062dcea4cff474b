LEFT JOIN spread {c}_place
  ON {c}_place.code = '{code}' AND {c}_place.business_type = r.business_type
 AND {c}_place.customer_group = r.customer_group AND {c}_place.raw = r.{c}_raw
