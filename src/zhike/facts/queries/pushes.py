"""Events that programs pushed: which wait to be loaded, and where one stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from zhike.core import parameters
from zhike.core.models import JobRun
from zhike.facts.enums import BatchState
from zhike.facts.models import PushedEvent

TAKE_JOB = "facts.take_pushed"
GIVEN_UP = (BatchState.DISCARDED, BatchState.REFUSED)


def waiting(*, on: date) -> QuerySet[PushedEvent]:
    """The events no load in force or under way has taken, each in its latest revision, none of a later day."""
    later = PushedEvent.objects.filter(event_no=OuterRef("event_no"), revision__gt=OuterRef("revision"))
    untaken = Q(batch=None) | Q(batch__state__in=GIVEN_UP)
    return PushedEvent.objects.filter(untaken, ~Exists(later), happened_on__lte=on)


def is_due(now: datetime) -> bool:
    """Whether events wait and the last load of pushed events was asked for long enough ago (`event.take_minutes`)."""
    today = timezone.localdate(now)
    minutes = parameters.value("event.take_minutes", on=today)
    lately = JobRun.objects.filter(job=TAKE_JOB, asked_at__gt=now - timedelta(minutes=minutes))
    return not lately.exists() and waiting(on=today).exists()
