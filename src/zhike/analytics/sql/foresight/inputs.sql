-- What is known on a day of each customer there, for a warning of churn (M-03, formula E.8). One row a customer.
-- Nothing of a later day is read. What rests on a feed that was never delivered is unknown.
SELECT c.customer_id,
       c.outlet_id,
       whole_months(c.opened_on, :as_of) AS months_known,
       CASE WHEN :has_transactions
            THEN COALESCE(days_between(t.last_act_on, :as_of), 1 + days_between(:year_from, :as_of)) END AS idle_days,
       CASE WHEN :has_transactions THEN COALESCE(t.acts_recent, 0) END AS acts_recent,
       CASE WHEN :has_transactions AND c.opened_on < :quarter_from THEN COALESCE(t.acts_earlier, 0) END AS acts_earlier,
       CASE WHEN :has_transactions THEN COALESCE(t.active_months, 0) END AS active_months,
       CASE WHEN :has_transactions AND t.had_salary = 1 THEN 1 - t.has_salary
            WHEN :has_transactions THEN 0 END AS salary_stopped,
       CASE WHEN :has_transactions AND t.out_cents > 0
            THEN CAST(t.away_cents AS DOUBLE) / CAST(t.out_cents AS DOUBLE) END AS away_share,
       CASE WHEN :has_balances THEN GREATEST(COALESCE(s.recent_cents, 0), 0) END AS recent_cents,
       CASE WHEN :has_balances AND s.earlier_months > 0 THEN GREATEST(s.earlier_cents, 0) END AS earlier_cents,
       CASE WHEN :has_balances THEN s.earlier_months END AS earlier_months,
       CASE WHEN :has_balances
            THEN LEAST(COALESCE(whole_months(s.first_month_on, :balances_until) + 1, :recent_months), :recent_months)
            END AS recent_months,
       CASE WHEN :has_balances AND s.peak_cents > 0 THEN s.peak_cents END AS peak_cents,
       CASE WHEN :has_accounts THEN COALESCE(a.categories_held, 0) END AS categories_held,
       CASE WHEN :has_accounts THEN COALESCE(a.accounts_closed, 0) END AS accounts_closed,
       CASE WHEN :has_accounts THEN COALESCE(a.maturing_cents, 0) END AS maturing_cents,
       CASE WHEN :has_complaints THEN COALESCE(e.complaints, 0) END AS complaints,
       CASE WHEN :has_contacts
            THEN COALESCE(days_between(e.last_contact_on, :as_of), 1 + days_between(:year_from, :as_of)) END
           AS contact_days
FROM customers c
LEFT JOIN ({accounts}
) a ON a.customer_id = c.customer_id
LEFT JOIN ({assets}
) s ON s.customer_id = c.customer_id
LEFT JOIN ({acts}
) t ON t.customer_id = c.customer_id
LEFT JOIN ({events}
) e ON e.customer_id = c.customer_id
WHERE c.customer_id IS NOT NULL AND c.opened_on <= :as_of AND (c.closed_on IS NULL OR c.closed_on > :as_of)
