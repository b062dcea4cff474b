-- Referral (L-37, formula E.2): qualified referrals up to the target, blended with the stated intention.
CASE
  WHEN COALESCE(m.referral_count, 0) = 0 THEN NULL
  WHEN m.answer_intention IS NULL
    THEN LEAST(CAST(m.referral_count AS DOUBLE) / CAST(:referral_target AS DOUBLE), 1e0)
  ELSE :referral_behaviour_share
       * LEAST(CAST(m.referral_count AS DOUBLE) / CAST(:referral_target AS DOUBLE), 1e0)
     + (1e0 - :referral_behaviour_share)
       * CASE WHEN CAST(m.answer_intention AS DOUBLE) >= :referral_promoter_from THEN 1e0 ELSE 0e0 END
END
