-- Complaint (L-37, formula E.3): severity of the founded complaints, capped. Complaining itself costs nothing.
LEAST(CAST(COALESCE(m.complaint_weight, 0) AS DOUBLE), :complaint_cap)
