from django.db import migrations

from zhike.core.access.rls import protect

# Results: a run's rows are loaded into a table of their own, which becomes a part of the results when it is whole.
# Attaching lets readers go on; the table has every index and constraint of the results from the start.
RESULTS = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION loyalty_open_run(run bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        DECLARE name text := 'loyalty_result_' || run;
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM loyalty_run WHERE id = run AND state = 'RECONCILING') THEN
                RAISE EXCEPTION 'run % does not take results', run;
            END IF;
            EXECUTE format('DROP TABLE IF EXISTS %I', name);
            EXECUTE format('CREATE TABLE %I (LIKE loyalty_result INCLUDING ALL, CHECK (run_id = %s))', name, run);
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            EXECUTE format('GRANT SELECT, INSERT ON %I TO zhike_loader', name);
        END $$;

    CREATE FUNCTION loyalty_close_run(run bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM loyalty_run WHERE id = run AND state = 'RECONCILING') THEN
                RAISE EXCEPTION 'run % does not take results', run;
            END IF;
            EXECUTE format('ALTER TABLE loyalty_result ATTACH PARTITION %I FOR VALUES IN (%s)',
                           'loyalty_result_' || run, run);
        END $$;
    REVOKE ALL ON FUNCTION loyalty_close_run(bigint) FROM PUBLIC;
    """
)

# Standings: a table of one part, which a publication exchanges for a part filled and indexed apart. The table that
# was is the first part.
_INDEXES = {
    "standing_outlet_score": "(outlet_id, score)",
    "standing_tier_score": "(tier, score)",
    "standing_score": "(score)",
    "standing_manager_change": "(manager_id, score_change) WHERE is_changed",
    "standing_outlet_change": "(outlet_id, score_change) WHERE is_changed",
    "loyalty_standing_override_id_dc8c8224": "(override_id)",
}
STANDINGS = migrations.RunSQL(
    "ALTER TABLE loyalty_standing RENAME TO loyalty_standing_0;"
    "ALTER INDEX loyalty_standing_pkey RENAME TO loyalty_standing_0_pkey;"
    + "".join(f"ALTER INDEX {name} RENAME TO {name}_0;" for name in _INDEXES)
    + "CREATE TABLE loyalty_standing (LIKE loyalty_standing_0 INCLUDING DEFAULTS,"
    " CONSTRAINT loyalty_standing_pkey PRIMARY KEY (customer_id)) PARTITION BY RANGE (customer_id);"
    + "".join(f"CREATE INDEX {name} ON loyalty_standing {columns};" for name, columns in _INDEXES.items())
    + "ALTER TABLE loyalty_standing ATTACH PARTITION loyalty_standing_0 DEFAULT;"
)
SWITCH = migrations.RunSQL(
    """
    -- The worker asks for an empty table to fill. Nobody sees its rows before the switch.
    CREATE FUNCTION loyalty_open_standings(run bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        DECLARE name text := 'loyalty_standing_' || run;
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM loyalty_run WHERE id = run AND state = 'PUBLISHED') THEN
                RAISE EXCEPTION 'run % is not published', run;
            END IF;
            EXECUTE format('CREATE TABLE %I (LIKE loyalty_standing INCLUDING DEFAULTS)', name);
            EXECUTE format('GRANT INSERT ON %I TO zhike_worker', name);
        END $$;

    -- The indexes are built in one go, by attaching the rows for a moment to an empty likeness of the standings.
    -- Only then do readers wait, while one part is dropped, the other attached and the planner told. Behind a
    -- reader who takes long (a backup), the others would wait with us: so we ask for a second at a time, for an hour.
    CREATE FUNCTION loyalty_switch_standings(run bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp SET lock_timeout = '1s'
        AS $$
        DECLARE
            name text := 'loyalty_standing_' || run;
            old regclass;
        BEGIN
            EXECUTE format('REVOKE ALL ON %I FROM zhike_worker', name);
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            CREATE TABLE loyalty_standing_likeness (LIKE loyalty_standing INCLUDING ALL)
                PARTITION BY RANGE (customer_id);
            EXECUTE format('ALTER TABLE loyalty_standing_likeness ATTACH PARTITION %I DEFAULT', name);
            EXECUTE format('ALTER TABLE loyalty_standing_likeness DETACH PARTITION %I', name);
            DROP TABLE loyalty_standing_likeness;
            FOR attempt IN 1..360 LOOP
                BEGIN
                    LOCK TABLE loyalty_standing IN ACCESS EXCLUSIVE MODE;
                    EXIT;
                EXCEPTION WHEN lock_not_available THEN
                    IF attempt = 360 THEN
                        RAISE;
                    END IF;
                    PERFORM pg_sleep(9);
                END;
            END LOOP;
            FOR old IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'loyalty_standing'::regclass LOOP
                EXECUTE format('DROP TABLE %s', old);
            END LOOP;
            EXECUTE format('ALTER TABLE loyalty_standing ATTACH PARTITION %I DEFAULT', name);
            ANALYZE loyalty_standing;
        END $$;
    REVOKE ALL ON FUNCTION loyalty_open_standings(bigint), loyalty_switch_standings(bigint) FROM PUBLIC;
    """
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0002_results_and_protection")]

    operations = [RESULTS, STANDINGS, protect("loyalty_standing"), SWITCH]
