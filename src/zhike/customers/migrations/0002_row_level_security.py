from django.db import migrations

from zhike.core.access.rls import FUNCTIONS, protect


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("core", "0001_initial"), ("staff", "0001_initial")]

    operations = [
        FUNCTIONS,
        protect("customers_customer", customer="id"),
        protect("customers_searchterm"),
        protect("customers_relation"),
        protect("customers_portfolio"),
    ]
