"""What following up did, on screen (L-11, L-41)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zhike.core import parameters
from zhike.core.access.guard import requires
from zhike.core.access.permissions import Permission
from zhike.core.ui import answer
from zhike.loyalty.queries.changes import published_run
from zhike.loyalty.queries.effects import FEWEST_PARAMETER, effect
from zhike.loyalty.views.panels import sections


@requires(Permission.RESULT_READ)
def follow_up_effect(request: HttpRequest) -> HttpResponse:
    """Those who fell in the evaluation before the last, contacted and not, and where they stand now."""
    after = published_run()
    before = after.previous if after else None
    context = {"after": after, "before": before, "sections": sections(request)}
    if after and before:
        found = effect(request.user, before=before, after=after)
        fewest = int(parameters.value(FEWEST_PARAMETER, on=after.as_of))
        context |= {
            "effect": found,
            "differences": [
                (_("all together"), found.difference),
                (_("like with like: the same tier, as far a fall"), found.like_with_like),
            ],
            "fewest": fewest,
            "is_thin": found.is_thin(fewest),
        }
    return answer(request, "loyalty/follow_up_effect.html", context)
