from django.contrib.postgres.fields import ArrayField
from django.db import models

from zhike.customers.models import Customer
from zhike.facts.enums import AccountOpening, ProductCategory


class Product(models.Model):
    """What the bank sells, with the margin that values it (formula E.5)."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=12, choices=ProductCategory)
    margin_ppm = models.BigIntegerField()
    loss_ppm = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    is_chosen = models.BooleanField()

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """One product held by one customer, with its latest month-end balance. Read-only from the feeds."""

    account_no = models.CharField(max_length=40, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="accounts", db_constraint=False
    )
    outlet_id = models.BigIntegerField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    principal_cents = models.BigIntegerField(null=True)
    balance_cents = models.BigIntegerField(null=True)
    opened_on = models.DateField()
    opening = models.CharField(max_length=8, choices=AccountOpening)
    matures_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["customer"], name="account_customer")]

    def __str__(self) -> str:
        return self.account_no


class Holding(models.Model):
    """What a customer holds in sum, one row each: the figures of lists and of the 360° page.

    `aum_cents` is the balance at the end of the month, `average_cents` the daily average over it, by which
    customers are listed and banded (formula E.10).
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.PROTECT, primary_key=True, related_name="holding", db_constraint=False
    )
    outlet_id = models.BigIntegerField()
    month_on = models.DateField()
    aum_cents = models.BigIntegerField()
    aum_before_cents = models.BigIntegerField(null=True)
    average_cents = models.BigIntegerField()
    loan_cents = models.BigIntegerField()
    product_count = models.IntegerField()
    category_count = models.IntegerField()
    matures_on = models.DateField(null=True)
    matures_cents = models.BigIntegerField(default=0)
    months = ArrayField(models.DateField(), default=list)
    deposit_series = ArrayField(models.BigIntegerField(), default=list)
    wealth_series = ArrayField(models.BigIntegerField(), default=list)
    fund_series = ArrayField(models.BigIntegerField(), default=list)
    insurance_series = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["outlet_id", "-average_cents"], name="holding_outlet_average"),
            # Lists are sorted, banded and summed inside these, the wide rows stay closed.
            models.Index(
                fields=["-average_cents", "customer"], include=["outlet_id"], name="holding_by_average"
            ),
            models.Index(fields=["customer"], include=["outlet_id", "average_cents"], name="holding_listed"),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
