from django.db import models
from django.db.models import F, Q

from zhike.customers.models.customers import Customer
from zhike.staff.models import Staff


class Portfolio(models.Model):
    """管户: who looked after a customer from when to when. `Customer.manager` is the one of today.

    An interval is half open: on the day `to_on` the next manager already looks after the customer. One that
    begins and ends on a day was superseded on that day.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="portfolios")
    outlet_id = models.BigIntegerField()
    manager = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    reason = models.CharField(max_length=200)
    handover_note = models.TextField(default="")
    assigned_by = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(to_on__isnull=True), name="portfolio_one_owner_at_a_time"
            ),
            models.CheckConstraint(
                name="portfolio_ends_after_it_begins",
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.manager_id}"
