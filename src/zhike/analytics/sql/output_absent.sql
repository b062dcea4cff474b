CAST(NULL AS DOUBLE) AS {c}_raw,
'ABSENT' AS {c}_state,
CAST(NULL AS DOUBLE) AS {c}_value,
0e0 AS {c}_weight,
0e0 AS {c}_contribution
