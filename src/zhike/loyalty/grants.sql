-- Results are written once by the loader and never changed, but for the outlet, which follows the customer;
-- where customers stand is switched by the worker.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON loyalty_result FROM zhike_app, zhike_worker;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON loyalty_standing, loyalty_earlymover, loyalty_rununit, loyalty_runpeer,
    loyalty_driftreading FROM zhike_app;
REVOKE DELETE, TRUNCATE ON loyalty_scheme, loyalty_loyaltyplan, loyalty_run, loyalty_override, loyalty_followup, loyalty_samplecheck
    FROM zhike_app, zhike_worker;

-- The loader copies results and early movers in, and opens and closes the part of the table a run goes into.
REVOKE ALL ON loyalty_scheme, loyalty_run, loyalty_result, loyalty_runpeer, loyalty_rununit, loyalty_samplecheck,
    loyalty_override, loyalty_standing, loyalty_tierpolicy, loyalty_followup, loyalty_earlymover, loyalty_whatif,
    loyalty_driftreading, loyalty_loyaltyplan, loyalty_planitem FROM zhike_loader;
GRANT SELECT, INSERT ON loyalty_result TO zhike_loader;
GRANT SELECT, INSERT, DELETE ON loyalty_earlymover TO zhike_loader;
-- An import that moves customers moves their rows.
GRANT SELECT (customer_id, outlet_id), UPDATE (outlet_id) ON loyalty_result, loyalty_standing, loyalty_earlymover,
    loyalty_override, loyalty_followup, loyalty_samplecheck TO zhike_loader;
REVOKE ALL ON FUNCTION loyalty_open_run(bigint), loyalty_close_run(bigint) FROM zhike_app, zhike_worker;
GRANT EXECUTE ON FUNCTION loyalty_open_run(bigint), loyalty_close_run(bigint) TO zhike_loader;

-- The worker fills the next standings and switches to them.
REVOKE ALL ON FUNCTION loyalty_open_standings(bigint), loyalty_switch_standings(bigint) FROM zhike_app;

-- Parts are reached through their whole and its policies, by nobody directly but the loader.
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'loyalty_result'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM zhike_app, zhike_worker', name);
        EXECUTE format('GRANT SELECT, INSERT ON %s TO zhike_loader', name);
    END LOOP;
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'loyalty_standing'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM zhike_app, zhike_worker, zhike_loader', name);
    END LOOP;
END $$;
