from django.db import migrations, models

FAULTS = """
    CREATE FUNCTION core_sealed_faults() RETURNS TABLE (place text, row_id bigint, fault text)
    LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
    DECLARE
        one core_sealedcolumn;
    BEGIN
        FOR one IN SELECT * FROM core_sealedcolumn ORDER BY core_sealedcolumn.place LOOP
            RETURN QUERY EXECUTE format(
                'SELECT %1$L::text, t.id::bigint, ''NOT_SEALED''::text FROM %2$I t'
                ' WHERE length(t.%3$I) > 0 AND NOT (length(t.%3$I) >= 34 AND substring(t.%3$I FROM 1 FOR 6) IN ('
                '   SELECT CASE k.algorithm WHEN ''SM4-GCM'' THEN ''\\x0102''::bytea ELSE ''\\x0101''::bytea END'
                '          || int4send(k.id::integer)'
                '     FROM core_datakey k WHERE k.state <> ''DESTROYED'' AND k.purpose = %4$L))',
                one.place, one.table_name, one.column_name, one.purpose);
            IF one.index_name <> '' THEN
                RETURN QUERY EXECUTE format(
                    'SELECT %1$L::text, t.id::bigint, ''NOT_FOUND''::text FROM %2$I t'
                    ' WHERE length(t.%4$I) <> CASE WHEN length(t.%3$I) = 0 THEN 0 ELSE 16 END',
                    one.place, one.table_name, one.column_name, one.index_name);
            END IF;
        END LOOP;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_key_checks")]

    operations = [
        migrations.CreateModel(
            name="SealedColumn",
            fields=[
                ("place", models.CharField(max_length=130, primary_key=True, serialize=False)),
                ("table_name", models.CharField(max_length=63)),
                ("column_name", models.CharField(max_length=63)),
                ("index_name", models.CharField(max_length=63)),
                ("purpose", models.CharField(max_length=30)),
            ],
        ),
        migrations.RunSQL(FAULTS, "DROP FUNCTION core_sealed_faults()"),
        migrations.AddField("keycheck", "digest", models.CharField(default="", max_length=8)),
        migrations.RunSQL(
            "UPDATE core_keycheck SET digest = 'SHA-256' WHERE name = 'blind-index.key'", migrations.RunSQL.noop
        ),
    ]
