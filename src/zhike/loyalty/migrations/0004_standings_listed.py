from django.db import migrations, models

FELL = (
    models.Q(tier="UNRATED", tier_before__in=["LOW", "MEDIUM", "HIGH"])
    | models.Q(tier="LOW", tier_before__in=["MEDIUM", "HIGH"])
    | models.Q(tier="MEDIUM", tier_before__in=["HIGH"])
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0003_parts_are_filled_apart")]

    operations = [
        migrations.AddIndex(
            "standing",
            models.Index(fields=["tier", "customer"], include=["outlet_id"], name="standing_tier_listed"),
        ),
        migrations.AddIndex(
            "standing",
            models.Index(
                fields=["customer"], include=["outlet_id"], name="standing_tier_fell", condition=FELL
            ),
        ),
    ]
