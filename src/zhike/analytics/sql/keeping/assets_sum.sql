CAST(SUM(b.{w}_cents) AS BIGINT)
