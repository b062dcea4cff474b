"""A draft that its maker gives up: it leaves the lists and stays on record, as every row of schemes does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations.schemes import SchemeRefused, demand_next


@transaction.atomic
def withdraw_draft(*, scheme_id: int, by: Any, now: datetime) -> Scheme:
    """Give up a draft, for good. Refuses what is no draft, and whoever had no hand in it."""
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    demand_next(scheme, SchemeState.WITHDRAWN)
    if by.pk not in scheme.makers:
        raise SchemeRefused(_("Only those who made this draft can delete it."))
    with audit.change(scheme, "scheme.withdrawn", by=by, at=now):
        scheme.state = SchemeState.WITHDRAWN
        scheme.version += 1
        scheme.save(update_fields=["state", "version"])
    return scheme
