from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0005_one_result_a_period")]

    operations = [
        migrations.AddIndex(
            "standing",
            models.Index(fields=["tier", "outlet_id", "customer"], name="standing_tier_outlet_listed"),
        ),
    ]
