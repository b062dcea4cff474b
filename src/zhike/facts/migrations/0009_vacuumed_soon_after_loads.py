from django.db import migrations

# Lists are read inside indexes, which holds only where vacuum has seen the rows. A daily load changes a few rows in
# a hundred, far below the fifth at which autovacuum wakes by itself. Only the owner may vacuum before PostgreSQL 17,
# and nobody in a transaction, so the tables that loads write say themselves when they are due. Parts that a
# publication fills are new every time, and due at once.
SETTINGS = (
    "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,"
    " autovacuum_analyze_scale_factor = 0.02"
)
NAMES = ", ".join(setting.split(" = ")[0] for setting in SETTINGS.split(", "))
TABLES = (
    "customers_customer", "customers_searchterm", "facts_account", "facts_holding", "facts_event",
)  # fmt: skip

MONTHS = """
    DO $$
    DECLARE name text;
    BEGIN
        FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits
                     WHERE inhparent = 'facts_transaction'::regclass LOOP
            EXECUTE 'ALTER TABLE ' || name || ' {action}';
        END LOOP;
    END $$;
"""
OPEN_MONTH = """
    CREATE OR REPLACE FUNCTION facts_open_month(month_on date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp
        AS $$
        DECLARE
            first date := date_trunc('month', month_on)::date;
            name text := 'facts_transaction_' || to_char(first, 'YYYYMM');
        BEGIN
            IF to_regclass(name) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF facts_transaction FOR VALUES FROM (%L) TO (%L){settings}',
                    name, first, (first + interval '1 month')::date);
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO zhike_loader', name);
            END IF;
        END $$;
"""


def _all(action: str, settings: str) -> str:
    tables = "".join(f"ALTER TABLE {table} {action};" for table in TABLES)
    return tables + MONTHS.replace("{action}", action) + OPEN_MONTH.replace("{settings}", settings)


class Migration(migrations.Migration):
    dependencies = [
        ("facts", "0008_holdings_without_manager"),
        ("customers", "0004_lists_and_search_at_scale"),
    ]

    operations = [
        migrations.RunSQL(_all(f"SET ({SETTINGS})", f" WITH ({SETTINGS})"), _all(f"RESET ({NAMES})", "")),
    ]
