from django.db import migrations

# Who looks after a customer stands in the customer file alone.
STAGE = migrations.RunSQL(
    "ALTER TABLE facts_stage_holding DROP COLUMN manager_id;",
    "ALTER TABLE facts_stage_holding ADD COLUMN manager_id bigint;",
)


class Migration(migrations.Migration):
    dependencies = [("facts", "0007_transactions_by_number")]

    operations = [
        migrations.RemoveIndex("holding", "holding_manager_aum"),
        migrations.RemoveField("holding", "manager_id"),
        STAGE,
    ]
