LEFT JOIN survival s
  ON s.business_type = m.business_type AND s.age_years = whole(CAST(m.months_known AS DOUBLE) / 12e0)
