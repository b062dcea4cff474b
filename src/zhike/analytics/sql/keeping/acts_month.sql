MAX(CASE WHEN channel <> 'BANK' AND booked_on > :after_{next} AND booked_on <= :after_{back} THEN 1 ELSE 0 END)
