-- The loader: bypasses row-level security, and can do nothing but load.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM zhike_loader;
GRANT SELECT, INSERT, UPDATE ON staff_unit, staff_staff, customers_customer, facts_product, facts_account,
    facts_holding, facts_event, facts_importbatch, facts_lakefile TO zhike_loader;
GRANT SELECT, UPDATE ON facts_pushedevent TO zhike_loader;
GRANT SELECT, INSERT, UPDATE ON customers_relation, customers_portfolio TO zhike_loader;
GRANT SELECT, INSERT, UPDATE, DELETE ON customers_searchterm, core_accessgrant, facts_transaction TO zhike_loader;
GRANT SELECT ON core_parameter, core_datakey, core_rolereach, staff_roleassignment TO zhike_loader;
GRANT SELECT, INSERT ON core_auditevent TO zhike_loader;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON facts_stage_customer, facts_stage_term, facts_stage_account,
    facts_stage_holding, facts_stage_transaction, facts_stage_event TO zhike_loader;
GRANT EXECUTE ON FUNCTION facts_open_month(date) TO zhike_loader;

-- Nobody else comes near the staging tables, and facts are not edited by hand.
REVOKE ALL ON facts_stage_customer, facts_stage_term, facts_stage_account, facts_stage_holding,
    facts_stage_transaction, facts_stage_event FROM zhike_app, zhike_worker;
REVOKE INSERT, UPDATE, DELETE ON facts_product, facts_account, facts_holding, facts_transaction FROM zhike_app, zhike_worker;
REVOKE UPDATE, DELETE ON facts_event FROM zhike_app, zhike_worker;
-- A pushed event says for ever what was pushed; the worker notes which load took it.
REVOKE UPDATE, DELETE ON facts_pushedevent FROM zhike_app, zhike_worker;
GRANT UPDATE (batch_id) ON facts_pushedevent TO zhike_worker;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'facts_transaction'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM zhike_app, zhike_worker', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO zhike_loader', name);
    END LOOP;
END $$;
