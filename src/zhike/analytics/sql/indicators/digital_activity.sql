-- Digital activity: share of the customer's own transactions that went through mobile or internet bank.
CASE WHEN m.acted_count > 0 THEN CAST(m.digital_count AS DOUBLE) / CAST(m.acted_count AS DOUBLE) END
