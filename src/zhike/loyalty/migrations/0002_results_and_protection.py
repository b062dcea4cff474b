import tomllib
from importlib.resources import files

from django.db import migrations

from zhike.core.access.rls import protect

RESULTS = migrations.RunSQL(
    """
    CREATE TABLE loyalty_result (
        run_id bigint NOT NULL,
        customer_id bigint NOT NULL,
        outlet_id bigint NOT NULL,
        business_type varchar(10) NOT NULL,
        customer_group varchar(10) NOT NULL,
        weight_set varchar(30) NOT NULL,
        score double precision,
        score_before double precision,
        score_change double precision,
        available_weight double precision NOT NULL,
        tier varchar(8) NOT NULL,
        tier_before varchar(8) NOT NULL,
        score_tier varchar(8) NOT NULL,
        movement varchar(8) NOT NULL,
        below_count integer NOT NULL,
        is_sufficient boolean NOT NULL,
        is_provisional boolean NOT NULL,
        is_changed boolean NOT NULL,
        causes varchar(30)[] NOT NULL,
        raws double precision[] NOT NULL,
        states varchar(20) NOT NULL,
        "values" double precision[] NOT NULL,
        weights double precision[] NOT NULL,
        contributions double precision[] NOT NULL,
        PRIMARY KEY (run_id, customer_id),
        CONSTRAINT loyalty_result_arrays_follow_the_scheme CHECK (
            cardinality(raws) = length(states) AND cardinality("values") = length(states)
            AND cardinality(weights) = length(states) AND cardinality(contributions) = length(states)),
        CONSTRAINT loyalty_result_score_within_bounds CHECK (score BETWEEN -0.000001 AND 100.000001)
    ) PARTITION BY LIST (run_id);
    CREATE INDEX loyalty_result_changed ON loyalty_result (score_change) WHERE is_changed;
    CREATE INDEX loyalty_result_outlet ON loyalty_result (outlet_id, score_change) WHERE is_changed;

    -- The loader asks for the part of one run; only the owner may make a table. What was half loaded before
    -- goes; what was reviewed or published is never opened again. A part is closed to everybody who does not
    -- come through the parent and its policies.
    CREATE FUNCTION loyalty_open_run(run bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        DECLARE name text := 'loyalty_result_' || run;
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM loyalty_run WHERE id = run AND state = 'RECONCILING') THEN
                RAISE EXCEPTION 'run % does not take results', run;
            END IF;
            EXECUTE format('DROP TABLE IF EXISTS %I', name);
            EXECUTE format('CREATE TABLE %I PARTITION OF loyalty_result FOR VALUES IN (%s)', name, run);
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
            EXECUTE format('GRANT SELECT, INSERT ON %I TO zhike_loader', name);
        END $$;
    REVOKE ALL ON FUNCTION loyalty_open_run(bigint) FROM PUBLIC;
    """,
    "DROP FUNCTION loyalty_open_run(bigint); DROP TABLE loyalty_result;",
)

FROZEN = migrations.RunSQL(
    """
    -- A scheme's numbers stand still from its submission on (L-42), and so does what a run was computed from
    -- once it is published (B.5, 5), whoever asks.
    CREATE FUNCTION loyalty_keep_scheme() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.spec IS DISTINCT FROM OLD.spec OR NEW.code <> OLD.code OR NEW.number <> OLD.number
           OR NEW.cycle <> OLD.cycle THEN
            RAISE EXCEPTION 'scheme % is frozen', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER loyalty_scheme_frozen BEFORE UPDATE ON loyalty_scheme
        FOR EACH ROW WHEN (OLD.state <> 'DRAFT') EXECUTE FUNCTION loyalty_keep_scheme();

    CREATE FUNCTION loyalty_keep_run() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (NEW.inputs, NEW.batches, NEW.result_hash, NEW.result_path, NEW.result_sha256, NEW.summary,
            NEW.as_of, NEW.period, NEW.number, NEW.scheme_id)
           IS DISTINCT FROM
           (OLD.inputs, OLD.batches, OLD.result_hash, OLD.result_path, OLD.result_sha256, OLD.summary,
            OLD.as_of, OLD.period, OLD.number, OLD.scheme_id) THEN
            RAISE EXCEPTION 'run % is published and stands still', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER loyalty_run_frozen BEFORE UPDATE ON loyalty_run
        FOR EACH ROW WHEN (OLD.state IN ('PUBLISHED', 'SUPERSEDED')) EXECUTE FUNCTION loyalty_keep_run();
    """,
    """
    DROP TRIGGER loyalty_run_frozen ON loyalty_run; DROP FUNCTION loyalty_keep_run();
    DROP TRIGGER loyalty_scheme_frozen ON loyalty_scheme; DROP FUNCTION loyalty_keep_scheme();
    """,
)


def load_tier_policies(apps, schema_editor):
    policy = apps.get_model("loyalty", "TierPolicy")
    text = files("zhike.loyalty").joinpath("data/tier_policies.toml").read_text("utf-8")
    policy.objects.bulk_create(policy(**row) for row in tomllib.loads(text)["policy"])


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial"), ("customers", "0002_row_level_security")]

    operations = [
        RESULTS,
        FROZEN,
        protect("loyalty_result"),
        protect("loyalty_standing"),
        protect("loyalty_override"),
        protect("loyalty_followup"),
        protect("loyalty_earlymover"),
        protect("loyalty_samplecheck"),
        migrations.RunPython(load_tier_policies, migrations.RunPython.noop),
    ]
