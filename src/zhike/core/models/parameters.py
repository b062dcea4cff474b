from django.db import models
from django.utils.translation import gettext_lazy as _


class ParameterOrigin(models.TextChoices):
    """Who says so."""

    DEFAULT = "DEFAULT", _("Default until the bank decides")
    BANK = "BANK", _("Decided by the bank")


class Parameter(models.Model):
    """A number or word of a rule, dated. In force is the newest row whose `valid_from` has come."""

    code = models.CharField(max_length=60)
    scope = models.CharField(max_length=40, default="")
    valid_from = models.DateField()
    value = models.JSONField()
    unit = models.CharField(max_length=30, default="")
    origin = models.CharField(max_length=10, choices=ParameterOrigin, default=ParameterOrigin.DEFAULT)
    source = models.CharField(max_length=60, default="")
    reason = models.CharField(max_length=500, default="")
    changed_by = models.CharField(max_length=100, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "scope", "valid_from"], name="parameter_once_per_day")
        ]

    def __str__(self) -> str:
        return self.code


class ParameterRange(models.Model):
    """Between what a parameter's numbers lie; written at every migration, read by `zhike doctor`."""

    code = models.CharField(primary_key=True, max_length=60)
    least = models.BigIntegerField()
    most = models.BigIntegerField()

    def __str__(self) -> str:
        return self.code
