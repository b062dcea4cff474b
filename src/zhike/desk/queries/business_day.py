"""The day the facts speak of: screens count days from there, so that late data do not look like news."""

from __future__ import annotations

from datetime import date

from django.db.models import Max
from django.utils import timezone

from zhike.facts.enums import BatchState
from zhike.facts.models import ImportBatch


def business_day() -> date:
    """The business date of the latest load; today where nothing has been loaded."""
    loaded = ImportBatch.objects.filter(state=BatchState.LOADED)
    return loaded.aggregate(day=Max("business_on"))["day"] or timezone.localdate()
