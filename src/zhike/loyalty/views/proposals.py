"""What an approver sees of this room's proposals before deciding: schemes and tiers set by hand."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from zhike.analytics.scheme import SchemeSpec
from zhike.core import formats
from zhike.core.models import Approval
from zhike.core.proposals import Kind, Lines, Table, each, register_proposal_kind
from zhike.loyalty.enums import PlanState, SchemeState, Tier, ValueState
from zhike.loyalty.models import LoyaltyPlan, Override, PlanItem, Scheme
from zhike.loyalty.queries import scheme_versions
from zhike.loyalty.queries.plans import missing_strategies
from zhike.loyalty.queries.sentences import WARNINGS, indicator_label, raw_in_words, weight_set_label
from zhike.loyalty.queries.trials import tier_changes_in_words


def _scheme_title(approval: Approval) -> str:
    name, _v, number = approval.subject_label.rpartition(" v")
    return _("%(name)s, version %(number)s") % {"name": name, "number": number}


def _scheme_lines(approval: Approval) -> Lines:
    payload = approval.payload
    warnings = [str(WARNINGS[code]) for code in payload["warnings"] if code in WARNINGS]
    found = [
        (_("In force from"), payload["valid_from"]),
        (_("Warnings of the trial"), " ".join(warnings) or pgettext("warnings", "none")),
    ]
    scheme = Scheme.objects.filter(pk=approval.subject_id).first()
    if scheme is not None:
        found.insert(0, (_("Basis"), scheme.basis))
        if said := tier_changes_in_words(scheme.trial):
            found.append((_("Tiers by the score, against the version in force"), said))
    return [*found, (_("Frozen form (SHA-256)"), payload["spec_hash"][:16])]


def _scheme_tables(approval: Approval) -> list[Table]:
    """Weights of every set, tiers of the trial, and every number that differs from the version before."""
    scheme = Scheme.objects.filter(pk=approval.subject_id).first()
    if scheme is None:
        return []
    return [_weights(scheme.definition), *_tiers(scheme), *_differences(scheme)]


def _weights(spec: SchemeSpec) -> Table:
    codes = [use.code for use in spec.indicators]
    rows = [
        [weight_set_label(each.code), *(scheme_versions.percent(each.weights.get(code, 0)) for code in codes)]
        for each in spec.weight_sets
    ]
    return Table(_("Weights"), [_("Business type and group"), *map(indicator_label, codes)], rows)


def _tiers(scheme: Scheme) -> list[Table]:
    counts = scheme.trial.get("by_tier", {})
    total = sum(counts.values())
    if not total:
        return []
    rows = [
        [str(tier.label), formats.grouped(counts.get(tier, 0)), formats.share(counts.get(tier, 0) / total)]
        for tier in (Tier.HIGH, Tier.MEDIUM, Tier.LOW, Tier.UNRATED)
    ]
    note = _("facts as of %(day)s") % {"day": scheme.trial["as_of"]}
    return [Table(_("Trial: tiers by the score alone"), [_("Tier"), _("Customers"), _("Share")], rows, note)]


def _differences(scheme: Scheme) -> list[Table]:
    before = scheme_versions.compared_with(scheme)
    if before is None:
        return []
    rows = [
        [each.label, each.before, each.after]
        for each in scheme_versions.differences(before.definition, scheme.definition)
    ]
    heads = [_("Item"), *(_("Version %(number)s") % {"number": each.number} for each in (before, scheme))]
    note = "" if rows else _("No difference")
    return [Table(_("What is different from the version before"), heads, rows, note)]


def _override_title(approval: Approval) -> str:
    payload = approval.payload
    words = {name: str(Tier(payload[name]).label) for name in ("tier_before", "tier")}
    return _("Customer %(number)s: %(tier_before)s → %(tier)s") % {"number": _number(approval), **words}


def _override_lines(approval: Approval) -> Lines:
    payload = approval.payload
    return [
        (_("Customer number"), _number(approval)),
        (_("Present tier"), str(Tier(payload["tier_before"]).label)),
        (_("Proposed tier"), str(Tier(payload["tier"]).label)),
        (_("Loyalty index"), formats.grouped(payload["score"], 2)),
        (_("Until"), payload["expires_on"]),
    ]


def _override_tables(approval: Approval) -> list[Table]:
    """What the index is made of, as it stood when the tier was proposed."""
    parts = approval.payload.get("parts", [])
    rows = [
        [
            indicator_label(part["code"]), raw_in_words(part["code"], part["raw"]),
            str(ValueState(part["state"]).label), formats.share(part["weight"]),
            formats.grouped(part["contribution"], 2),
        ]
        for part in parts
    ]  # fmt: skip
    heads = [_("Indicator"), _("Customer"), _("State of the data"), _("Weight"), _("Contribution")]
    return [Table(_("Make-up of the index"), heads, rows)] if rows else []


def _override_forms(approvals: Sequence[Approval]) -> list[str]:
    overrides = Override.objects.in_bulk([approval.subject_id for approval in approvals])
    customers = [
        overrides[row.subject_id].customer_id if row.subject_id in overrides else None for row in approvals
    ]
    return [reverse("loyalty:override", args=[pk]) if pk else "" for pk in customers]


def _plan_lines(approval: Approval) -> Lines:
    plan = LoyaltyPlan.objects.filter(pk=approval.subject_id).first()
    if plan is None:
        return []
    missing = [str(strategy.label) for strategy in missing_strategies(plan.items.all())]
    return [
        (_("Days"), f"{formats.day(plan.from_on)} – {formats.day(plan.until_on)}"),
        (_("Basis"), plan.basis),
        (_("Strategies without an item"), _(", ").join(missing) or pgettext("strategies", "none")),
    ]


def _plan_tables(approval: Approval) -> list[Table]:
    """What is to be done, strategy by strategy."""
    items = PlanItem.objects.filter(plan_id=approval.subject_id).select_related("owner")
    rows = []
    for item in items.order_by("due_on", "pk"):
        words = [
            item.aim,
            item.get_strategy_display(),
            item.owner.name,
            formats.day(item.due_on),
            item.figure_label,
        ]
        base = formats.grouped(item.base, 2) if item.base is not None else ""
        rows.append([_("; ").join(map(str, words)), base, formats.grouped(item.target, 2)])
    heads = [_("Item"), pgettext("figure", "Now"), _("To reach")]
    return [Table(_("Items of the plan"), heads, rows)]


def _is_plan_settled() -> Q:
    """Whether the plan is no draft any more."""
    return ~Q(Exists(LoyaltyPlan.objects.filter(pk=OuterRef("subject_id"), state=PlanState.DRAFT)))


def _is_scheme_settled() -> Q:
    """Whether the scheme is no draft any more."""
    return ~Q(Exists(Scheme.objects.filter(pk=OuterRef("subject_id"), state=SchemeState.DRAFT)))


def _is_override_settled() -> Q:
    """Whether the customer was evaluated again since, or another tier has been proposed: each is a subject of
    its own."""
    proposed = Override.objects.filter(pk=OuterRef(OuterRef("subject_id")))
    later = Override.objects.filter(pk__gt=OuterRef("subject_id"), customer__in=proposed.values("customer"))
    same_run = Override.objects.filter(pk=OuterRef("subject_id"), run_id=F("customer__loyalty__run_id"))
    return Q(Exists(later)) | ~Q(Exists(same_run))


def _number(approval: Approval) -> str:
    """The customer's number: who decides may see it, the name only with the customer in scope."""
    return str(approval.payload.get("customer_no") or approval.subject_label.split(" ")[0])


register_proposal_kind(
    "loyalty.scheme",
    Kind(
        label=gettext_lazy("Evaluation scheme"),
        titles=each(_scheme_title),
        lines=_scheme_lines,
        link=lambda approval: reverse("loyalty:scheme", args=[approval.subject_id]),
        tables=_scheme_tables,
        settled=_is_scheme_settled,
    ),
)
register_proposal_kind(
    "loyalty.override",
    Kind(
        label=gettext_lazy("Tier override"),
        titles=each(_override_title),
        lines=_override_lines,
        link=lambda approval: "",
        tables=_override_tables,
        mends=_override_forms,
        settled=_is_override_settled,
    ),
)
register_proposal_kind(
    "loyalty.plan",
    Kind(
        label=gettext_lazy("Loyalty plan"),
        titles=each(lambda approval: approval.subject_label),
        lines=_plan_lines,
        link=lambda approval: reverse("loyalty:plan", args=[approval.subject_id]),
        tables=_plan_tables,
        settled=_is_plan_settled,
    ),
)
