from django.db import migrations

from zhike.core.access.rls import protect

TRANSACTIONS = migrations.RunSQL(
    """
    CREATE TABLE facts_transaction (
        txn_no varchar(40) NOT NULL,
        booked_on date NOT NULL,
        account_id bigint NOT NULL,
        customer_id bigint NOT NULL,
        outlet_id bigint NOT NULL,
        kind varchar(16) NOT NULL,
        amount_cents bigint NOT NULL,
        channel varchar(8) NOT NULL,
        balance_cents bigint,
        purpose varchar(120) NOT NULL DEFAULT '',
        PRIMARY KEY (booked_on, account_id, txn_no)
    ) PARTITION BY RANGE (booked_on);
    CREATE INDEX facts_transaction_customer ON facts_transaction (customer_id, booked_on DESC);

    -- The loader asks for a month; only the owner may make a table. A partition is closed to everybody who
    -- does not come through the parent and its policies.
    CREATE FUNCTION facts_open_month(month_on date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        DECLARE
            first date := date_trunc('month', month_on)::date;
            name text := 'facts_transaction_' || to_char(first, 'YYYYMM');
        BEGIN
            IF to_regclass(name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF facts_transaction FOR VALUES FROM (%L) TO (%L)',
                    name, first, (first + interval '1 month')::date);
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO zhike_loader', name);
            END IF;
        END $$;
    REVOKE ALL ON FUNCTION facts_open_month(date) FROM PUBLIC;
    """,
    "DROP FUNCTION facts_open_month(date); DROP TABLE facts_transaction;",
)

STAGING = migrations.RunSQL(
    """
    CREATE UNLOGGED TABLE facts_stage_customer (LIKE customers_customer);
    CREATE UNLOGGED TABLE facts_stage_term (customer_id bigint NOT NULL, outlet_id bigint NOT NULL, term varchar(120) NOT NULL);
    CREATE UNLOGGED TABLE facts_stage_account (LIKE facts_account);
    CREATE UNLOGGED TABLE facts_stage_holding (LIKE facts_holding);
    CREATE UNLOGGED TABLE facts_stage_transaction (
        txn_no varchar(40), booked_on date, account_id bigint, customer_id bigint, outlet_id bigint,
        kind varchar(16), amount_cents bigint, channel varchar(8), balance_cents bigint, purpose varchar(120));
    CREATE UNLOGGED TABLE facts_stage_event (
        event_no varchar(60), customer_id bigint, outlet_id bigint, kind varchar(20), happened_on date,
        outcome varchar(12), severity integer, satisfaction integer, intention integer, amount_cents bigint,
        staff_no varchar(20));
    """,
    """
    DROP TABLE facts_stage_customer, facts_stage_term, facts_stage_account, facts_stage_holding,
        facts_stage_transaction, facts_stage_event;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("facts", "0001_initial"), ("customers", "0002_row_level_security")]

    operations = [
        TRANSACTIONS,
        protect("facts_account"),
        protect("facts_holding"),
        protect("facts_event"),
        protect("facts_transaction"),
        STAGING,
    ]
