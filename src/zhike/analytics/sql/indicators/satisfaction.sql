-- Satisfaction (L-37, S-01, formula E.4): the latest valid answer, fading toward the mean of its peers.
f.share * CAST(m.answer_satisfaction AS DOUBLE)
+ (1e0 - f.share) * (CAST(a.answer_sum AS DOUBLE) / CAST(NULLIF(a.answer_count, 0) AS DOUBLE))
