from django.conf import settings
from django.db import models


class RoleReach(models.Model):
    """What row-level security knows of a role, written from the permission table at every migration."""

    role = models.CharField(primary_key=True, max_length=32)
    reach = models.CharField(max_length=8)

    def __str__(self) -> str:
        return f"{self.role} {self.reach}"


class AccessGrant(models.Model):
    """One customer opened for one person until a moment, whatever the outlet: portfolio, case, presence."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    customer_id = models.BigIntegerField()
    cause = models.CharField(max_length=60)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "customer_id", "cause"], name="access_grant_once_per_cause"
            )
        ]
        indexes = [models.Index(fields=["customer_id"], name="access_grant_customer")]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.customer_id} {self.cause}"
