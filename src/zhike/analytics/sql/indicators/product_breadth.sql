-- Product breadth (formula E.9): product categories held on the date.
CAST(COALESCE(m.category_count, 0) AS DOUBLE)
