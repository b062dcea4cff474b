from django.db import models


class WorkDay(models.Model):
    """One day of the State Council's arrangement, make-up working days included."""

    day = models.DateField(primary_key=True)
    is_working = models.BooleanField()
    name = models.CharField(max_length=40, default="")
    source = models.CharField(max_length=60)

    def __str__(self) -> str:
        return str(self.day)
