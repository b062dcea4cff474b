-- Complaint (L-37, formula E.3): severity of the founded complaints and the weight of the founded objections,
-- capped. Complaining itself costs nothing.
LEAST(CAST(COALESCE(m.complaint_weight, 0) AS DOUBLE)
      + :complaint_objection_weight * CAST(COALESCE(m.objection_count, 0) AS DOUBLE), :complaint_cap)
