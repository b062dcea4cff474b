-- One wide row a customer as of a day (S-54). A feed that was never delivered says nothing about anybody: its columns
-- are unknown. Of one that was delivered, no row is a fact: nought purchases, no complaint, an account that sleeps.
SELECT c.customer_id,
       c.outlet_id,
       c.kind,
       c.business_type,
       c.customer_group,
       c.opened_on,
       c.months_known,
       CASE WHEN :has_accounts THEN COALESCE(a.purchases_12m, 0) END AS purchases_12m,
       CASE WHEN :has_accounts THEN COALESCE(a.renewals_12m, 0) END AS renewals_12m,
       CASE WHEN :has_accounts THEN a.last_purchase_on END AS last_purchase_on,
       CASE WHEN :has_accounts THEN COALESCE(a.categories_held, 0) END AS categories_held,
       CASE a.first_packed - 16 * whole(CAST(a.first_packed AS DOUBLE) / 16e0)
            WHEN 1 THEN 'DEMAND' WHEN 2 THEN 'TERM' WHEN 3 THEN 'LOAN' WHEN 4 THEN 'CARD' WHEN 5 THEN 'WEALTH'
            WHEN 6 THEN 'FUND' WHEN 7 THEN 'INSURANCE' WHEN 8 THEN 'PAYROLL' WHEN 9 THEN 'SERVICE' END
           AS first_category,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_term, FALSE) END AS holds_term,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_wealth, FALSE) END AS holds_wealth,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_fund, FALSE) END AS holds_fund,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_insurance, FALSE) END AS holds_insurance,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_loan, FALSE) END AS holds_loan,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_card, FALSE) END AS holds_card,
       CASE WHEN :has_accounts THEN COALESCE(a.holds_payroll, FALSE) END AS holds_payroll,
       CASE WHEN :has_transactions THEN COALESCE(t.active_months_12m, 0) END AS active_months_12m,
       CASE WHEN :has_balances
            THEN whole(CAST(COALESCE(b.recent_cents, 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE)) END
           AS balance_cents,
       CASE WHEN b.earlier_months > 0 AND b.earlier_cents > 0
            THEN whole(1e6 * (CAST(GREATEST(b.recent_cents, 0) AS DOUBLE) / CAST(:recent_months AS DOUBLE))
                       / (CAST(b.earlier_cents AS DOUBLE) / CAST(b.earlier_months AS DOUBLE)) + 0.5e0) END
           AS balance_trend_ppm,
       CASE WHEN :has_balances THEN COALESCE(b.loan_cents, 0) END AS loan_cents,
       CASE WHEN :has_accounts THEN COALESCE(a.accounts_open, 0) END AS accounts_open,
       CASE WHEN :has_transactions THEN COALESCE(t.largest_in_cents, 0) END AS largest_in_cents,
       CASE WHEN :has_transactions THEN COALESCE(t.largest_out_cents, 0) END AS largest_out_cents,
       CASE WHEN :has_transactions THEN COALESCE(t.net_flow_cents, 0) END AS net_flow_cents,
       CASE WHEN :has_accounts THEN a.next_maturity_on END AS next_maturity_on,
       CASE WHEN :has_accounts THEN COALESCE(a.maturing_cents, 0) END AS maturing_cents,
       CASE WHEN :has_transactions THEN COALESCE(t.acts_12m, 0) = 0 END AS is_sleeping,
       CASE WHEN :has_complaints THEN COALESCE(e.complaints_12m, 0) END AS complaints_12m,
       CASE WHEN :has_complaints THEN COALESCE(e.complaints_founded_12m, 0) END AS complaints_founded_12m,
       CASE WHEN :has_complaints THEN COALESCE(e.has_open_complaint, FALSE) END AS has_open_complaint,
       CASE WHEN :has_objections THEN COALESCE(e.objections_12m, 0) END AS objections_12m,
       CASE WHEN :has_answers THEN COALESCE(e.answers_12m, 0) END AS answers_12m,
       e.satisfaction_packed - 16 * whole(CAST(e.satisfaction_packed AS DOUBLE) / 16e0) AS satisfaction,
       e.intention_packed - 16 * whole(CAST(e.intention_packed AS DOUBLE) / 16e0) AS intention,
       CASE WHEN :has_contacts THEN COALESCE(e.contacts_12m, 0) END AS contacts_12m,
       CASE WHEN :has_contacts THEN e.last_contact_on END AS last_contact_on,
       CASE WHEN :has_referrals THEN COALESCE(e.referrals_12m, 0) END AS referrals_12m,
       e.elsewhere_packed - 1000000000000000 * days_between(:year_from, e.elsewhere_on) AS elsewhere_cents,
       CASE WHEN :has_transactions THEN COALESCE(t.acts_12m, 0) END AS acts_12m,
       CASE WHEN :has_transactions THEN t.last_act_on END AS last_act_on,
       CASE WHEN t.acts_12m > 0
            THEN whole(1e6 * CAST(t.mobile_count AS DOUBLE) / CAST(t.acts_12m AS DOUBLE) + 0.5e0) END AS mobile_ppm,
       CASE WHEN t.acts_12m > 0
            THEN whole(1e6 * CAST(t.digital_count AS DOUBLE) / CAST(t.acts_12m AS DOUBLE) + 0.5e0) END AS digital_ppm,
       CASE WHEN t.acts_12m > 0
            THEN whole(1e6 * CAST(t.counter_count AS DOUBLE) / CAST(t.acts_12m AS DOUBLE) + 0.5e0) END AS counter_ppm,
       CASE t.last_packed - 16 * whole(CAST(t.last_packed AS DOUBLE) / 16e0)
            WHEN 1 THEN 'COUNTER' WHEN 2 THEN 'ATM' WHEN 3 THEN 'MOBILE' WHEN 4 THEN 'ONLINE' WHEN 5 THEN 'POS'
            WHEN 6 THEN 'PHONE' END AS last_channel{added}
FROM ({people}) c
LEFT JOIN ({accounts}) a ON a.customer_id = c.customer_id
LEFT JOIN ({balances}) b ON b.customer_id = c.customer_id
LEFT JOIN ({transactions}) t ON t.customer_id = c.customer_id
LEFT JOIN ({events}) e ON e.customer_id = c.customer_id{joins}
