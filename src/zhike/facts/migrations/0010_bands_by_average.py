from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists order, band and sum customers by the daily average of the month: their indexes hold it instead."""

    dependencies = [("facts", "0009_vacuumed_soon_after_loads")]

    operations = [
        migrations.AddIndex(
            "holding", models.Index(fields=["outlet_id", "-average_cents"], name="holding_outlet_average")
        ),
        migrations.RemoveIndex("holding", "holding_outlet_aum"),
        migrations.AddIndex(
            "holding",
            models.Index(
                fields=["-average_cents", "customer"], include=["outlet_id"], name="holding_by_average"
            ),
        ),
        migrations.RemoveIndex("holding", "holding_by_aum"),
        migrations.RemoveIndex("holding", "holding_listed"),
        migrations.AddIndex(
            "holding",
            models.Index(
                fields=["customer"], include=["outlet_id", "average_cents"], name="holding_listed"
            ),
        ),
    ]
