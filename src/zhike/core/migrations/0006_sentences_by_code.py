from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_parameter_ranges")]

    operations = [
        migrations.AddField("approval", "decision_names", models.JSONField(null=True)),
        migrations.AddField("task", "names", models.JSONField(null=True)),
    ]
