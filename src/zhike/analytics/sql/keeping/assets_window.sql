CAST(SUM(CASE WHEN month_on >= :{w}_from AND month_on <= :{w}_until
                           THEN COALESCE(average_cents, 0) ELSE 0 END) AS BIGINT) AS {w}_cents
