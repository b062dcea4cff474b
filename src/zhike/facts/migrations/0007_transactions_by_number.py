from django.db import migrations

# The lake's key. An account that changes under a number is a correction, not a second transaction.
KEY = migrations.RunSQL(
    """
    ALTER TABLE facts_transaction DROP CONSTRAINT facts_transaction_pkey;
    ALTER TABLE facts_transaction ADD PRIMARY KEY (booked_on, txn_no);
    """,
    """
    ALTER TABLE facts_transaction DROP CONSTRAINT facts_transaction_pkey;
    ALTER TABLE facts_transaction ADD PRIMARY KEY (booked_on, account_id, txn_no);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("facts", "0006_loads_are_numbered")]

    operations = [KEY]
