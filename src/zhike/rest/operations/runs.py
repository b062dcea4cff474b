"""Starting an evaluation by the code of its scheme, as a program knows it."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from zhike.core.errors import DomainError
from zhike.loyalty import api as loyalty
from zhike.loyalty.enums import SchemeState
from zhike.loyalty.models import Run, Scheme
from zhike.staff.models import Staff


class StartRefused(DomainError):
    pass


def start_run(*, scheme_code: str, as_of: date, reason: str, by: Staff, now: datetime) -> Run:
    """Start a run of the version in force. Refuses an unknown scheme, and what `loyalty.start_run` refuses."""
    scheme = Scheme.objects.filter(code=scheme_code, state=SchemeState.IN_FORCE).first()
    if scheme is None:
        raise StartRefused(_("No scheme of this code is in force."))
    return loyalty.start_run(scheme_id=scheme.pk, as_of=as_of, reason=reason, by=by, now=now)
