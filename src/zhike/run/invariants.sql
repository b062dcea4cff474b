-- What must hold in the database at any moment. Each block is a heading "-- code: claim" and one statement
-- that counts the exceptions; 0 is right. `zhike doctor` runs them as the owner, in read-only transactions.
-- Blocks are parted by an empty line. To see the exceptions themselves, put * in the place of count(*).

-- --- rights ----------------------------------------------------------------------------------------

-- definer_functions_fix_their_search_path: Functions with their owner's rights fix their search path
SELECT count(*)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.prosecdef
  AND NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%');

-- row_security_binds_everybody: Every table under row-level security keeps it for its owner too
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relrowsecurity AND NOT c.relforcerowsecurity;

-- row_security_has_policies: Every table under row-level security has a policy
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relrowsecurity AND NOT c.relispartition
  AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid);

-- parts_are_closed: A part of a protected table shows nothing to who does not come through the table
SELECT count(*)
FROM pg_inherits i JOIN pg_class part ON part.oid = i.inhrelid JOIN pg_class whole ON whole.oid = i.inhparent
WHERE whole.relrowsecurity AND (
    NOT (part.relrowsecurity AND part.relforcerowsecurity)
    OR EXISTS (
        SELECT 1 FROM pg_roles r
        WHERE r.rolname LIKE 'zhike\_%' AND r.oid <> part.relowner AND NOT (r.rolsuper OR r.rolbypassrls)
          AND (has_any_column_privilege(r.oid, part.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
               OR has_table_privilege(r.oid, part.oid, 'DELETE, TRUNCATE, TRIGGER'))));

-- nothing_is_granted_to_everybody: No table is open to every role
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL aclexplode(c.relacl) AS held
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND held.grantee = 0;

-- views_ask_as_their_caller: Views look at tables with the rights of who asks, and nothing keeps a copy of rows
SELECT count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND (
    c.relkind = 'm' OR (c.relkind = 'v' AND NOT 'security_invoker=true' = ANY (coalesce(c.reloptions, '{}'))));

-- --- customers and who looks after them ------------------------------------------------------------

-- managers_keep_their_customers: The manager of a customer is who has the open portfolio
SELECT count(*)
FROM customers_customer c
FULL JOIN (SELECT customer_id, manager_id FROM customers_portfolio WHERE to_on IS NULL) p ON p.customer_id = c.id
WHERE c.manager_id IS DISTINCT FROM p.manager_id;

-- portfolios_follow_each_other: A customer is looked after by one manager at a time
SELECT count(*)
FROM (
    SELECT from_on, lag(to_on, 1, '-infinity') OVER inside AS ended_on, lag(id) OVER inside AS before_id
    FROM customers_portfolio WHERE to_on IS NULL OR to_on > from_on
    WINDOW inside AS (PARTITION BY customer_id ORDER BY from_on, id)
) AS kept
WHERE before_id IS NOT NULL AND (ended_on IS NULL OR ended_on > from_on);

-- portfolio_grants_end_with_the_portfolio: Only the manager of a customer holds a grant for the portfolio
SELECT count(*)
FROM core_accessgrant g LEFT JOIN customers_customer c ON c.id = g.customer_id
WHERE g.cause = 'portfolio' AND (g.until IS NULL OR g.until > now()) AND g.staff_id IS DISTINCT FROM c.manager_id;

-- copies_follow_the_customers_outlet: Whatever belongs to a customer lies with the customer's outlet
SELECT count(*)
FROM customers_customer c JOIN (
    SELECT customer_id, outlet_id FROM customers_searchterm
    UNION ALL SELECT customer_id, outlet_id FROM customers_relation
    UNION ALL SELECT customer_id, outlet_id FROM customers_portfolio
    UNION ALL SELECT customer_id, outlet_id FROM facts_account
    UNION ALL SELECT customer_id, outlet_id FROM facts_holding
    UNION ALL SELECT customer_id, outlet_id FROM facts_event
    UNION ALL SELECT customer_id, outlet_id FROM facts_pushedevent
    UNION ALL SELECT customer_id, outlet_id FROM facts_transaction
    UNION ALL SELECT customer_id, outlet_id FROM loyalty_standing
) AS copies ON copies.customer_id = c.id
WHERE copies.outlet_id <> c.outlet_id;

-- nothing_belongs_to_nobody: Whatever belongs to a customer names one who is there
SELECT count(*)
FROM customers_customer c RIGHT JOIN (
    SELECT customer_id FROM customers_searchterm
    UNION ALL SELECT customer_id FROM facts_account
    UNION ALL SELECT customer_id FROM facts_holding
    UNION ALL SELECT customer_id FROM facts_event
    UNION ALL SELECT customer_id FROM facts_transaction
    UNION ALL SELECT customer_id FROM loyalty_standing
    UNION ALL SELECT customer_id FROM loyalty_override
    UNION ALL SELECT customer_id FROM loyalty_followup
    UNION ALL SELECT customer_id FROM core_accessgrant
) AS things ON things.customer_id = c.id
WHERE c.id IS NULL;

-- units_form_a_tree: Every unit stands below a unit without a parent
WITH RECURSIVE reached AS (
    SELECT id FROM staff_unit WHERE parent_id IS NULL
    UNION SELECT u.id FROM staff_unit u JOIN reached ON reached.id = u.parent_id
)
SELECT count(*) FROM staff_unit WHERE id NOT IN (SELECT id FROM reached);

-- --- what is encrypted ------------------------------------------------------------------------------

-- sealed_columns_are_registered: The database knows which of its columns are encrypted
SELECT count(*) FROM (SELECT WHERE NOT EXISTS (SELECT 1 FROM core_sealedcolumn)) AS nothing;

-- sealed_columns_hold_ciphertext: What must be encrypted is so, under a key of its purpose, beside its search index
SELECT count(*) FROM core_sealed_faults();

-- no_identity_number_in_the_clear: No record of acts, proposals, answers or jobs spells out an identity number
SELECT count(*)
FROM (
    SELECT detail::text AS told FROM core_auditevent
    UNION ALL SELECT payload::text FROM core_approval
    UNION ALL SELECT answer::text FROM core_idempotency
    UNION ALL SELECT args::text FROM procrastinate_jobs
    UNION ALL SELECT error FROM core_jobrun
) AS records
WHERE told ~ '\m[1-9]\d{5}(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]\M';

-- --- parameters --------------------------------------------------------------------------------------

-- parameters_stay_in_range: Every number of the register lies between the least and the most of its parameter
SELECT (SELECT count(*) FROM (SELECT WHERE NOT EXISTS (SELECT 1 FROM core_parameterrange)) AS nothing)
     + (SELECT count(*) FROM core_parameter p JOIN core_parameterrange r ON r.code = p.code
        WHERE jsonb_path_exists(p.value, '$[*] ? (@ < $least || @ > $most)',
                                jsonb_build_object('least', r.least, 'most', r.most)));

-- --- loads ------------------------------------------------------------------------------------------

-- lake_files_come_from_loads: The lake's files were named by a load that was committed, one a table and month
SELECT (SELECT count(*) FROM facts_lakefile f JOIN facts_importbatch b ON b.id = f.batch_id WHERE b.state <> 'LOADED')
     + (SELECT count(*) FROM facts_lakefile f JOIN facts_importbatch b ON b.id = f.batch_id
          JOIN facts_importbatch r ON r.id = f.replaced_by_id WHERE (r.load_no > b.load_no) IS NOT TRUE)
     + (SELECT count(*) FROM (SELECT FROM facts_lakefile WHERE replaced_by_id IS NULL
                              GROUP BY "table", month_on HAVING count(*) > 1) AS twice);

-- accounts_keep_their_transactions: A transaction names an account, and the customer who has it
SELECT count(*)
FROM facts_transaction t LEFT JOIN facts_account a ON a.id = t.account_id
WHERE a.customer_id IS DISTINCT FROM t.customer_id;

-- holdings_add_up: Financial assets are the last month of the series they are drawn from
SELECT count(*)
FROM facts_holding h, cardinality(h.months) AS last
WHERE last = 0 OR h.months[last] <> h.month_on
   OR (cardinality(deposit_series), cardinality(wealth_series), cardinality(fund_series), cardinality(insurance_series))
      <> (last, last, last, last)
   OR h.aum_cents <> deposit_series[last] + wealth_series[last] + fund_series[last] + insurance_series[last]
   OR h.aum_before_cents <> deposit_series[last - 1] + wealth_series[last - 1] + fund_series[last - 1]
      + insurance_series[last - 1];

-- --- loyalty ----------------------------------------------------------------------------------------

-- one_published_run_a_period: A scheme has one published run a period
SELECT count(*)
FROM (SELECT FROM loyalty_run WHERE state = 'PUBLISHED' GROUP BY scheme_code, period HAVING count(*) > 1) AS twice;

-- published_runs_are_whole: A published run holds as many results as customers were evaluated
SELECT count(*)
FROM loyalty_run run
WHERE run.published_at IS NOT NULL
  AND run.customer_count <> (SELECT count(*) FROM loyalty_result r WHERE r.run_id = run.id);

-- standings_come_from_a_published_run: A customer stands where a published run has put him
SELECT count(*)
FROM loyalty_standing s LEFT JOIN loyalty_run run ON run.id = s.run_id
WHERE run.state IS DISTINCT FROM 'PUBLISHED';

-- standings_say_what_was_found: A standing repeats its result; only an approved override changes the tier shown
SELECT coalesce(sum(differing), 0)
FROM (SELECT DISTINCT run_id FROM loyalty_standing) AS runs, LATERAL (
    SELECT count(*) AS differing
    FROM loyalty_standing s
    LEFT JOIN loyalty_result r ON r.run_id = runs.run_id AND r.customer_id = s.customer_id
    LEFT JOIN loyalty_override o ON o.id = s.override_id AND o.customer_id = s.customer_id
    LEFT JOIN core_approval a ON a.id = o.approval_id AND a.state = 'APPROVED'
    WHERE s.run_id = runs.run_id AND (
        (s.score, s.score_change, s.computed_tier, s.tier_before, s.movement, s.is_changed, s.causes)
        IS DISTINCT FROM (r.score, r.score_change, r.tier, r.tier_before, r.movement, r.is_changed, r.causes)
        OR s.tier <> coalesce(CASE WHEN a.id IS NOT NULL THEN o.tier END, s.computed_tier)
        OR (s.override_id IS NOT NULL AND a.id IS NULL))
) AS compared;

-- contributions_make_the_score: A score is the sum of what its indicators contribute
SELECT coalesce(sum(differing), 0)
FROM (SELECT DISTINCT run_id FROM loyalty_standing) AS runs, LATERAL (
    SELECT count(*) AS differing
    FROM loyalty_result r
    WHERE r.run_id = runs.run_id AND r.score IS NOT NULL
      AND abs(r.score - (SELECT sum(part) FROM unnest(r.contributions) AS part)) > 0.000001
) AS compared;

-- --- duties and the audit ---------------------------------------------------------------------------

-- another_person_decides: Nobody has decided what they proposed or made, nor published an own run
SELECT (SELECT count(*) FROM core_approval WHERE state <> 'WITHDRAWN' AND decided_by_id = proposed_by_id)
     + (SELECT count(*) FROM core_approval WHERE payload -> 'makers' @> to_jsonb(decided_by_id))
     + (SELECT count(*) FROM core_approval a JOIN loyalty_scheme s ON s.id = a.subject_id
        WHERE a.kind = 'loyalty.scheme' AND a.state = 'APPROVED' AND a.decided_by_id = ANY (s.makers))
     + (SELECT count(*) FROM loyalty_run WHERE published_by_id = started_by_id);

-- schemes_in_force_were_approved: A scheme that counts was approved by somebody
SELECT count(*)
FROM loyalty_scheme s
WHERE s.state IN ('APPROVED', 'IN_FORCE', 'RETIRED') AND NOT EXISTS (
    SELECT 1 FROM core_approval a
    WHERE a.kind = 'loyalty.scheme' AND a.subject_id = s.id AND a.state = 'APPROVED');

-- decisions_stand_in_the_audit: Every load, publication and approval has left its event
SELECT count(*)
FROM (
    SELECT 'import.loaded' AS action, id::text AS object_id FROM facts_importbatch WHERE state = 'LOADED'
    UNION ALL SELECT 'run.published', id::text FROM loyalty_run WHERE published_at IS NOT NULL
    UNION ALL SELECT 'approval.approved', id::text FROM core_approval WHERE state = 'APPROVED'
    UNION ALL SELECT 'approval.rejected', id::text FROM core_approval WHERE state = 'REJECTED'
) AS decided
WHERE NOT EXISTS (
    SELECT 1 FROM core_auditevent e WHERE e.action = decided.action AND e.object_id = decided.object_id);

-- audit_chain_is_dense: The seals of the audit are numbered without a gap, and each holds on to the one before
SELECT count(*)
FROM (
    SELECT seq, previous, lag(seq, 1, 0::bigint) OVER ordered AS seq_before,
           lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER ordered AS hash_before
    FROM core_auditseal WINDOW ordered AS (ORDER BY seq)
) AS chain
WHERE seq <> seq_before + 1 OR previous <> hash_before;

-- seals_hold_their_events: Every seal and checkpoint of the audit speaks of what is there
SELECT (SELECT count(*) FROM core_auditseal s WHERE NOT EXISTS (SELECT 1 FROM core_auditevent e WHERE e.id = s.event_id))
     + (SELECT count(*) FROM core_auditcheckpoint c LEFT JOIN core_auditseal s ON s.seq = c.size
        WHERE s.hash IS DISTINCT FROM c.head);

-- no_event_is_passed_over: No event of the audit was left unsealed while later ones were sealed
SELECT count(*)
FROM core_auditevent e
WHERE e.recorded_at < (SELECT max(signed_at) FROM core_auditcheckpoint) - interval '1 hour'
  AND NOT EXISTS (SELECT 1 FROM core_auditseal s WHERE s.event_id = e.id);
