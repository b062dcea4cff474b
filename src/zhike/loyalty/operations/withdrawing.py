"""A draft that its maker gives up: it leaves the lists and stays on record, as every row of schemes does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Scheme
from zhike.loyalty.operations.schemes import SchemeRefused


@transaction.atomic
def withdraw_draft(*, scheme_id: int, by: Any, now: datetime) -> Scheme:
    """Give up a draft. It can never be submitted again: it is retired without a first day, which no scheme that was
    ever submitted is. Refuses what is no draft, and whoever had no hand in it."""
    scheme = Scheme.objects.select_for_update().get(pk=scheme_id)
    if scheme.state != SchemeState.DRAFT:
        raise SchemeRefused(_("Only a draft can be deleted."))
    if by.pk not in scheme.makers:
        raise SchemeRefused(_("Only those who made this draft can delete it."))
    with audit.change(scheme, "scheme.withdrawn", by=by, at=now):
        scheme.state, scheme.spec_hash = SchemeState.RETIRED, scheme.definition.sha256
        scheme.valid_from, scheme.retired_on = None, timezone.localdate(now)
        scheme.version += 1
        scheme.save(update_fields=["state", "spec_hash", "valid_from", "retired_on", "version"])
    return scheme
