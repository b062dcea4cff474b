"""Which customers a reviewer looks at before a run may be published."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from zhike.core import parameters
from zhike.customers.models import Customer
from zhike.loyalty.models import Result, Run
from zhike.staff.models import Staff

PARAMETER = "loyalty.sample_checks"
_CANDIDATES = 500


def samples_wanted(run: Run, *, on: date) -> int:
    """How many samples the review of a run needs: the parameter, or all customers where there are fewer."""
    return min(int(parameters.value(PARAMETER, on=on)), run.customer_count)


def samples(run: Run, *, staff: Staff, on: date) -> list[Result]:
    """The samples of a run: the same for everybody, spread by hash, changed customers before the others."""
    wanted = samples_wanted(run, on=on)
    seen = Result.objects.filter(run_id=run.pk, customer__in=Customer.objects.visible_to(staff))
    found = list(seen.filter(is_changed=True).order_by("score_change")[:_CANDIDATES])
    if len(found) < wanted:
        found += list(seen.filter(is_changed=False).order_by("customer_id")[:_CANDIDATES])
    chosen = sorted(found, key=lambda result: (not result.is_changed, _draw(run.pk, result.customer_id)))
    return chosen[:wanted]


def is_drawn(run: Run, customer_id: int, *, staff: Staff, on: date) -> bool:
    """Whether a customer is one of the samples this person is to look at."""
    return any(result.customer_id == customer_id for result in samples(run, staff=staff, on=on))


def _draw(run_id: int, customer_id: int) -> str:
    return sha256(f"{run_id}:{customer_id}".encode()).hexdigest()
