import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("facts", "0003_upload")]

    operations = [
        migrations.AddIndex(
            "holding",
            models.Index(fields=["-aum_cents", "customer"], include=["outlet_id"], name="holding_by_aum"),
        ),
        migrations.RemoveIndex("holding", "holding_aum"),
        migrations.AddIndex(
            "holding",
            models.Index(fields=["customer"], include=["outlet_id", "aum_cents"], name="holding_listed"),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["customer", "kind", "-happened_on"], include=["outlet_id"], name="event_last_of_kind"
            ),
        ),
        # The two that begin with the customer answer for this one as well.
        migrations.AlterField(
            "event",
            "customer",
            models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="events",
                to="customers.customer", db_index=False,
            ),
        ),
    ]  # fmt: skip
