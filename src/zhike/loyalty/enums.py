"""Codes of the loyalty room with their words, and which state may follow which."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SchemeState(models.TextChoices):
    DRAFT = "DRAFT", _("Draft")
    PENDING = "PENDING", _("Waiting for approval")
    APPROVED = "APPROVED", _("Approved, not yet in force")
    IN_FORCE = "IN_FORCE", pgettext_lazy("scheme", "In force")
    RETIRED = "RETIRED", _("Retired")
    WITHDRAWN = "WITHDRAWN", _("Draft deleted")


NEXT_SCHEME_STATE: dict[SchemeState, frozenset[SchemeState]] = {
    SchemeState.DRAFT: frozenset({SchemeState.PENDING, SchemeState.WITHDRAWN}),
    SchemeState.PENDING: frozenset({SchemeState.DRAFT, SchemeState.APPROVED}),
    SchemeState.APPROVED: frozenset({SchemeState.IN_FORCE, SchemeState.RETIRED}),
    SchemeState.IN_FORCE: frozenset({SchemeState.RETIRED}),
    SchemeState.RETIRED: frozenset(),
    SchemeState.WITHDRAWN: frozenset(),
}
"""A proposal that comes back, whatever for, is a draft again; a draft that its maker deletes stays on record."""


class PlanState(models.TextChoices):
    """Where a loyalty plan stands."""

    DRAFT = "DRAFT", _("Draft")
    PENDING = "PENDING", _("Waiting for approval")
    IN_FORCE = "IN_FORCE", pgettext_lazy("plan", "In force")
    CLOSED = "CLOSED", pgettext_lazy("plan", "Closed")
    WITHDRAWN = "WITHDRAWN", _("Draft deleted")


NEXT_PLAN_STATE: dict[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.PENDING, PlanState.WITHDRAWN}),
    PlanState.PENDING: frozenset({PlanState.DRAFT, PlanState.IN_FORCE}),
    PlanState.IN_FORCE: frozenset({PlanState.CLOSED}),
    PlanState.CLOSED: frozenset(),
    PlanState.WITHDRAWN: frozenset(),
}


class Strategy(models.TextChoices):
    """The five ways to keep customers, each of which a loyalty plan takes (S-93)."""

    PRODUCT = "PRODUCT", _("Product innovation")
    SERVICE = "SERVICE", _("Service quality")
    CARE = "CARE", _("Customer care")
    INCENTIVE = "INCENTIVE", _("Customer incentives")
    BRAND = "BRAND", _("Brand building")


class PlanFigure(models.TextChoices):
    """By what an item of a loyalty plan is measured: a figure of the evaluations, or one of its owner's."""

    HIGH_SHARE = "HIGH_SHARE", _("Share of highly loyal customers, %")
    LOW_SHARE = "LOW_SHARE", _("Share of customers of low loyalty, %")
    FELL_SHARE = "FELL_SHARE", _("Share of customers who fell a tier, %")
    OWN = "OWN", _("A figure of its own")


class RunState(models.TextChoices):
    QUEUED = "QUEUED", _("Queued")
    COMPUTING = "COMPUTING", _("Computing")
    RECONCILING = "RECONCILING", _("Reconciling")
    BLOCKED = "BLOCKED", _("Blocked")
    REVIEW = "REVIEW", _("To be reviewed")
    PUBLISHED = "PUBLISHED", _("Published")
    SUPERSEDED = "SUPERSEDED", _("Replaced by a later run")
    VOID = "VOID", _("Void")


NEXT_RUN_STATE: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.COMPUTING, RunState.VOID}),
    RunState.COMPUTING: frozenset({RunState.RECONCILING, RunState.QUEUED, RunState.VOID}),
    RunState.RECONCILING: frozenset({RunState.REVIEW, RunState.BLOCKED, RunState.QUEUED, RunState.VOID}),
    RunState.BLOCKED: frozenset({RunState.QUEUED, RunState.VOID}),
    RunState.REVIEW: frozenset({RunState.PUBLISHED, RunState.VOID}),
    RunState.PUBLISHED: frozenset({RunState.SUPERSEDED}),
    RunState.SUPERSEDED: frozenset(),
    RunState.VOID: frozenset(),
}
"""A run is void only before it is published; afterwards it can only be replaced, with a reason."""

OPEN_RUNS = (
    RunState.QUEUED, RunState.COMPUTING, RunState.RECONCILING, RunState.BLOCKED, RunState.REVIEW,
)  # fmt: skip
WORKING_RUNS = (RunState.QUEUED, RunState.COMPUTING, RunState.RECONCILING)
VIEWABLE_RUNS = (RunState.PUBLISHED, RunState.SUPERSEDED)
PLAYABLE_RUNS = (RunState.REVIEW, *VIEWABLE_RUNS)
"""Computed and reconciled: other numbers may be tried on their customers."""


class Cycle(models.TextChoices):
    """How often a scheme is evaluated; the rules know no other cycle (K-9)."""

    Q = "Q", _("Quarter")
    H = "H", _("Half-year")


class Tier(models.TextChoices):
    HIGH = "HIGH", _("High loyalty")
    MEDIUM = "MEDIUM", _("Medium loyalty")
    LOW = "LOW", _("Low loyalty")
    UNRATED = "UNRATED", _("Not rated")


TIER_LEVEL = {Tier.UNRATED: 0, Tier.LOW: 1, Tier.MEDIUM: 2, Tier.HIGH: 3}
RATED = (Tier.HIGH, Tier.MEDIUM, Tier.LOW)


class Movement(models.TextChoices):
    """How the hysteresis came to a tier (formula E.7)."""

    EARNED = "EARNED", _("The score gives this tier")
    KEPT = "KEPT", _("Below the threshold by less than the tolerance: the tier is kept")
    WARNED = "WARNED", _("Below the threshold for the first time: the tier is kept once more")
    LOWERED = "LOWERED", _("Below the threshold in consecutive evaluations: one tier lower")
    UNSTATED = "UNSTATED", _("Too little data for a statement: the tier is unchanged")


class ValueState(models.TextChoices):
    """Where a customer's value of an indicator comes from, one letter each."""

    OBSERVED = "O", _("Observed")
    IMPUTED = "I", _("Estimated from the group")
    NOT_APPLICABLE = "N", _("Does not apply")
    ABSENT = "A", _("Never loaded")


class Verdict(models.TextChoices):
    """What a sample check found."""

    RIGHT = "RIGHT", pgettext_lazy("sample", "Correct")
    DOUBTFUL = "DOUBTFUL", _("Doubtful")


class Trigger(models.TextChoices):
    """What makes a customer a changed one; the tier policy answers each (L-41)."""

    TIER_FELL = "TIER_FELL", _("Fell to this tier")
    SCORE_FELL = "SCORE_FELL", _("Score fell within this tier")
    TIER_ROSE = "TIER_ROSE", _("Rose to this tier")
    SCORE_ROSE = "SCORE_ROSE", _("Score rose within this tier")
    FIRST_RATED = "FIRST_RATED", _("First rated in this tier")


class Measure(models.TextChoices):
    """What the bank does about a changed customer (L-41)."""

    VISIT_RETAIN = "VISIT_RETAIN", _("Visit and agree on how to keep the customer")
    CALL_FIND_CAUSE = "CALL_FIND_CAUSE", _("Call and find out the cause")
    CALL_CARE = "CALL_CARE", _("Care call")
    CALL_THANK = "CALL_THANK", _("Call to thank and explain the benefits")
    INVITE_REVIEW = "INVITE_REVIEW", _("Invite to a review of needs")
    WELCOME = "WELCOME", _("Welcome contact")
    WATCH = "WATCH", _("No contact needed; keep watching")


class ContactKind(models.TextChoices):
    CALL = "CALL", _("Telephone")
    VISIT = "VISIT", _("Visit to the customer")
    BRANCH = "BRANCH", _("At the outlet")
    MESSAGE = "MESSAGE", _("Message")


class Outcome(models.TextChoices):
    """What came of a contact. Never preselected, so that the record stays honest."""

    WILLING = "WILLING", _("Reached, willing")
    CONSIDERING = "CONSIDERING", _("Reached, will think about it")
    DECLINED = "DECLINED", _("Declined")
    NOT_REACHED = "NOT_REACHED", _("Not reached")


class ReportFormat(models.TextChoices):
    """The files that the report of an evaluation may be."""

    PDF = "PDF", _("PDF, for paper and signatures")
    DOCX = "DOCX", _("Word, to write on")
    XLSX = "XLSX", _("Excel, to calculate with")
