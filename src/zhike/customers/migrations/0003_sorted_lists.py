from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_row_level_security")]

    operations = [
        migrations.AddIndex("customer", models.Index(fields=["name_sort"], name="customer_name")),
        migrations.AddIndex("customer", models.Index(fields=["opened_on"], name="customer_opened")),
    ]
