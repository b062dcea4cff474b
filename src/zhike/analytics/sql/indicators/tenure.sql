-- Tenure: completed months with the bank, in years.
CAST(m.months_known AS DOUBLE) / 12e0
