from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0004_overtaken_proposals")]

    operations = [
        migrations.CreateModel(
            name="ParameterRange",
            fields=[
                ("code", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("least", models.BigIntegerField()),
                ("most", models.BigIntegerField()),
            ],
        ),
    ]
