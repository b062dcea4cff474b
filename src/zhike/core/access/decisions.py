"""Who decides what has been proposed (C.4)."""

from zhike.core.access.permissions import Permission as P

DECIDED_WITH: dict[str, P] = {
    "desk.export": P.EXPORT_APPROVE,
    "insight.segment": P.SEGMENT_APPROVE,
    "insight.model": P.MODEL_APPROVE,
    "loyalty.scheme": P.SCHEME_APPROVE,
    "loyalty.override": P.OVERRIDE_APPROVE,
    "loyalty.plan": P.LOYALTY_PLAN_APPROVE,
    "core.parameter": P.PARAMETER_APPROVE,
    "core.webhook": P.EXPORT_APPROVE,
    "staff.role": P.ROLE_APPROVE,
    "staff.stand_in": P.ROLE_APPROVE,
    "staff.second_factor": P.ACCOUNT_APPROVE,
    "staff.binding": P.ACCOUNT_APPROVE,
}
"""Which right decides which kind of proposal."""
