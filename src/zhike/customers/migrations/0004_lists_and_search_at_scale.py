import django.db.models.deletion
from django.db import migrations, models

ASKED = ["outlet", "manager", "kind", "business_type", "customer_group", "opened_on", "closed_on"]

# A term is one of millions that begin alike; the usual hundred steps of a histogram take every prefix for rare,
# and a search would read all of a common surname instead of the few terms of one's own customers.
STATISTICS = migrations.RunSQL(
    "ALTER TABLE customers_searchterm ALTER COLUMN term SET STATISTICS 1000",
    "ALTER TABLE customers_searchterm ALTER COLUMN term SET STATISTICS DEFAULT",
)


def listed(name: str, *before: str) -> migrations.AddIndex:
    include = [one for one in ASKED if one not in before]
    return migrations.AddIndex("customer", models.Index(fields=[*before, "id"], include=include, name=name))


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_sorted_lists"), ("staff", "0001_initial")]

    operations = [
        listed("customer_listed"),
        listed("customer_outlet_listed", "outlet"),
        listed("customer_group_listed", "customer_group"),
        listed("customer_type_listed", "business_type"),
        # The indexes of outlet and manager with the name answer for these two as well.
        migrations.AlterField(
            "customer",
            "outlet",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.unit", db_index=False
            ),
        ),
        migrations.AlterField(
            "customer",
            "manager",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="staff.staff", db_index=False,
            ),
        ),
        migrations.AddIndex(
            "searchterm",
            models.Index(fields=["customer", "term"], include=["outlet_id"], name="search_term_of_customer"),
        ),
        migrations.RemoveIndex("searchterm", "search_term_customer"),
        migrations.AlterField(
            "searchterm",
            "customer",
            models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                to="customers.customer", db_index=False,
            ),
        ),
        STATISTICS,
    ]  # fmt: skip
