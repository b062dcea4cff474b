"""Who hears of what: the one place where a lower room's news reaches a higher one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zhike.core import hearing
from zhike.core.operations import approvals, webhooks
from zhike.core.operations.parameters import change_parameter
from zhike.desk import api as desk
from zhike.facts import api as facts
from zhike.insight import api as insight
from zhike.loyalty import api as loyalty
from zhike.rest.operations.tokens import end_tokens
from zhike.staff.api import (
    ACCESS_ENDED,
    begin_stand_in,
    bind_account,
    carry_out_second_factor_reset,
    grant_role,
)

CARRIED_OUT: dict[str, Callable[..., Any]] = {
    "core.parameter": change_parameter,
    "core.webhook": webhooks.webhook_approved,
    "staff.role": grant_role,
    "staff.stand_in": begin_stand_in,
    "staff.second_factor": carry_out_second_factor_reset,
    "staff.binding": bind_account,
    "desk.export": desk.allow_export,
    "insight.segment": insight.segment_approved,
    "insight.model": insight.model_approved,
    "loyalty.scheme": loyalty.scheme_approved,
    "loyalty.override": loyalty.override_approved,
    "loyalty.plan": loyalty.plan_approved,
}
"""What an approval of each kind sets in motion."""


def carry_out(*, approval: Any, by: Any, now: Any) -> Any:
    """Call the operation of an approved proposal."""
    return CARRIED_OUT[approval.kind](approval=approval, by=by, now=now)


def connect() -> None:
    """Attach every handler; called once at the start of each process."""
    hearing.attach(approvals.APPROVED, carry_out)
    hearing.attach(ACCESS_ENDED, end_tokens)
    hearing.attach(approvals.REJECTED, webhooks.proposal_rejected)
    hearing.attach(approvals.REJECTED, loyalty.proposal_rejected)
    hearing.attach(approvals.REJECTED, loyalty.plan_returned)
    hearing.attach(approvals.REJECTED, desk.refuse_export)
    hearing.attach(facts.MOVED, loyalty.follow_moves)
    hearing.attach(approvals.REJECTED, insight.proposal_rejected)
    hearing.attach(approvals.REJECTED, insight.model_rejected)
    hearing.attach(facts.MOVED, insight.follow_moves)
    hearing.attach(facts.LOADED, insight.ask_portrait)
    hearing.attach(loyalty.PUBLISHED, insight.ask_portrait)
    hearing.attach(insight.REBUILT, insight.ask_snapshots)
    insight.register_source(loyalty.PORTRAIT_SOURCE)
