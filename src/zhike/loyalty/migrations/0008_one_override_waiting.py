from django.db import migrations

# The state of an override is that of its proposal, so the rule stands where that state is. Of those that wait side
# by side the earliest goes on waiting.
ONE = migrations.RunSQL(
    """
    UPDATE core_approval later SET state = 'STALE', decided_at = now(),
           decision_reason = 'Another proposal for this customer was waiting.'
     WHERE later.kind = 'loyalty.override' AND later.state = 'PENDING' AND EXISTS (
           SELECT 1 FROM core_approval earlier
            WHERE earlier.kind = 'loyalty.override' AND earlier.state = 'PENDING' AND earlier.id < later.id
              AND earlier.payload ->> 'customer_no' = later.payload ->> 'customer_no');
    CREATE UNIQUE INDEX override_one_pending_per_customer ON core_approval ((payload ->> 'customer_no'))
        WHERE kind = 'loyalty.override' AND state = 'PENDING';
    """,
    "DROP INDEX override_one_pending_per_customer;",
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0007_makers_of_schemes")]

    operations = [ONE]
