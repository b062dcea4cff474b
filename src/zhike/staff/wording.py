"""Each right in words, for whoever reads the permission table; and what approvers read of a role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core import formats
from zhike.core.access.permissions import ROLES, SCOPE_LABELS, Permission
from zhike.core.labels import Register, register_codes_in_names, register_labels
from zhike.core.models import Approval
from zhike.core.outcomes import Outcome, register_outcomes
from zhike.core.proposals import Kind, Lines, each, register_proposal_kind
from zhike.staff.models import RoleAssignment, Staff, Unit
from zhike.staff.operations.people import KIND
from zhike.staff.queries.accounts import BINDING_KIND, SECOND_FACTOR_KIND
from zhike.staff.queries.people import STAND_IN_KIND

P = Permission
PERMISSION_TEXTS: dict[Permission, Promise] = {
    P.WORK_OPEN: gettext_lazy("Own workbench, tasks, settings and password"),
    P.CUSTOMER_READ: gettext_lazy("See customers in scope, masked"),
    P.CUSTOMER_REVEAL: gettext_lazy("Show contact data in the clear, with a purpose"),
    P.CUSTOMER_EXPORT: gettext_lazy("Export customer lists"),
    P.EXPORT_APPROVE: gettext_lazy("Allow longer lists to leave"),
    P.CUSTOMER_COUNT: gettext_lazy("See totals of customers"),
    P.HOLDING_READ: gettext_lazy("See accounts, balances and transactions"),
    P.PORTFOLIO_ASSIGN: gettext_lazy("Assign portfolios"),
    P.CHANGE_FOLLOW: gettext_lazy("Record what was done about a change of loyalty"),
    P.RESULT_READ: gettext_lazy("See loyalty of customers in scope"),
    P.RESULT_COUNT: gettext_lazy("See totals of loyalty"),
    P.SEGMENT_READ: gettext_lazy("See segments and how many are in them"),
    P.SEGMENT_DRAFT: gettext_lazy("Make segments"),
    P.SEGMENT_APPROVE: gettext_lazy("Approve segments of the whole bank"),
    P.MODEL_READ: gettext_lazy("Open the register of models"),
    P.MODEL_TRAIN: gettext_lazy("Train models and put approved ones in use"),
    P.MODEL_APPROVE: gettext_lazy("Approve models"),
    P.SCHEME_READ: gettext_lazy("Read evaluation schemes"),
    P.SCHEME_DRAFT: gettext_lazy("Draft evaluation schemes"),
    P.SCHEME_APPROVE: gettext_lazy("Approve evaluation schemes"),
    P.LOYALTY_PLAN_DRAFT: gettext_lazy("Draft loyalty plans"),
    P.LOYALTY_PLAN_APPROVE: gettext_lazy("Approve loyalty plans"),
    P.RUN_START: gettext_lazy("Start evaluations"),
    P.RUN_REVIEW: gettext_lazy("Review evaluations"),
    P.RUN_PUBLISH: gettext_lazy("Publish evaluations"),
    P.OVERRIDE_PROPOSE: gettext_lazy("Propose another tier for a customer"),
    P.OVERRIDE_APPROVE: gettext_lazy("Approve another tier for a customer"),
    P.TASK_CREATE: gettext_lazy("Ask tasks of other units"),
    P.TASK_OVERSEE: gettext_lazy("See overdue tasks of the own units"),
    P.IMPORT_LOAD: gettext_lazy("Load extracts"),
    P.EVENT_PUSH: gettext_lazy("Push events about customers"),
    P.OPERATIONS_READ: gettext_lazy("See jobs and loads"),
    P.STAFF_READ: gettext_lazy("See people and units"),
    P.STAFF_CHANGE: gettext_lazy("Propose roles and stand-ins, end them"),
    P.ROLE_APPROVE: gettext_lazy("Approve roles and stand-ins"),
    P.ACCOUNT_CHANGE: gettext_lazy("Open, unlock, reset and close accounts"),
    P.ACCOUNT_APPROVE: gettext_lazy("Approve that a second factor is reset"),
    P.PARAMETER_READ: gettext_lazy("Read parameters"),
    P.PARAMETER_PROPOSE: gettext_lazy("Propose parameters"),
    P.PARAMETER_APPROVE: gettext_lazy("Approve parameters"),
    P.CALENDAR_CHANGE: gettext_lazy("Keep the working calendar"),
    P.AUDIT_READ: gettext_lazy("Read the audit trail"),
    P.TOKEN_ISSUE: gettext_lazy("Issue access for programs"),
}
"""Complete: a test compares it with the table."""


def _role_lines(approval: Approval) -> Lines:
    payload = approval.payload
    role = ROLES[payload["role"]]
    unit = Unit.objects.filter(pk=payload["unit_id"]).first()
    return [
        (_("Person"), approval.subject_label),
        (_("Role"), str(role.label)),
        (_("About the role"), str(role.about)),
        (_("Reaches"), str(SCOPE_LABELS[role.scope])),
        (_("Unit"), str(unit or "")),
        (_("From"), payload["valid_from"]),
    ]


def _role_title(approval: Approval) -> str:
    return f"{approval.subject_label}: {ROLES[approval.payload['role']].label}"


def _second_factor_lines(approval: Approval) -> Lines:
    person = Staff.objects.select_related("unit").get(pk=approval.subject_id)
    roles = [str(held.definition.label) for held in person.roles.in_force(timezone.localdate())]
    return [
        (_("Person"), f"{person.name} {person.staff_no}"),
        (_("Unit"), person.unit.name),
        (_("Roles"), ", ".join(roles) or _("No role")),
        (_("Afterwards"), _("All sessions end; a new second factor is set up at the next sign-in.")),
    ]


def _binding_lines(approval: Approval) -> Lines:
    person = Staff.objects.select_related("unit").get(pk=approval.subject_id)
    return [
        (_("Person"), f"{person.name} {person.staff_no}"),
        (_("Unit"), person.unit.name),
        (_("Sign-in service"), approval.payload["issuer"]),
        (_("Identifier there"), approval.payload["subject"]),
        (_("Afterwards"), _("Whoever signs in there with this identifier is in this account.")),
    ]


register_proposal_kind(
    KIND,
    Kind(
        label=gettext_lazy("Role for a person"),
        titles=each(_role_title),
        lines=_role_lines,
        link=lambda approval: reverse("staff:person", args=[approval.subject_id]),
        same_thing=Q(payload__role=OuterRef("payload__role"), payload__unit_id=OuterRef("payload__unit_id")),
    ),
)


def _stand_in_lines(approval: Approval) -> Lines:
    first, last = (date.fromisoformat(approval.payload[name]) for name in ("from_on", "until_on"))
    ((absent, substitute),) = _parties([approval])
    held = RoleAssignment.objects.not_over(timezone.localdate()).filter(staff=absent).select_related("unit")
    taken_over = [
        f"{row.definition.label} ({row.unit.name}, {SCOPE_LABELS[row.definition.scope]})"
        for row in held.order_by("id")
    ]
    return [
        (_("Absent"), f"{absent.name} {absent.staff_no}, {absent.unit.name}"),
        (_("Stands in"), f"{substitute.name} {substitute.staff_no}, {substitute.unit.name}"),
        (_("Days"), formats.span(first, last)),
        (_("Roles taken over"), "; ".join(taken_over) or _("No role")),
    ]


def _parties(approvals: Sequence[Approval]) -> list[tuple[Staff, Staff]]:
    """Of each proposal who is absent and who would stand in."""
    keys = [(approval.subject_id, approval.payload["substitute_id"]) for approval in approvals]
    people = Staff.objects.select_related("unit").in_bulk({key for pair in keys for key in pair})
    return [(people[absent], people[substitute]) for absent, substitute in keys]


def _stand_in_titles(approvals: Sequence[Approval]) -> list[str]:
    return [
        _("%(substitute)s stands in for %(absent)s") % {"substitute": substitute.name, "absent": absent.name}
        for absent, substitute in _parties(approvals)
    ]


register_proposal_kind(
    STAND_IN_KIND,
    Kind(
        label=gettext_lazy("Stand-in"),
        titles=_stand_in_titles,
        lines=_stand_in_lines,
        link=lambda approval: reverse("staff:stand_ins"),
        same_thing=Q(  # some of the days: nobody needs two stand-ins at a time
            payload__from_on__lte=OuterRef("payload__until_on"),
            payload__until_on__gte=OuterRef("payload__from_on"),
        ),
        settled=lambda: Q(payload__until_on__lt=timezone.localdate().isoformat()),
    ),
)
register_proposal_kind(
    SECOND_FACTOR_KIND,
    Kind(
        label=gettext_lazy("Reset of a second factor"),
        titles=each(lambda approval: _("Second factor of %(name)s") % {"name": approval.subject_label}),
        lines=_second_factor_lines,
        link=lambda approval: reverse("staff:account", args=[approval.subject_id]),
    ),
)
register_proposal_kind(
    BINDING_KIND,
    Kind(
        label=gettext_lazy("Binding to the sign-in service"),
        titles=each(lambda approval: _("Account of %(name)s") % {"name": approval.subject_label}),
        lines=_binding_lines,
        link=lambda approval: reverse("staff:account", args=[approval.subject_id]),
    ),
)
register_labels(
    Register.PARAMETER,
    {
        "auth.first_password_hours": gettext_lazy("How long a first password is valid"),
        "staff.stand_in_days": gettext_lazy("Longest time somebody stands in"),
    },
)
register_labels(
    Register.ACTION,
    {
        "account.dormant": gettext_lazy("Unused account locked"),
        "account.bound": gettext_lazy("Account bound to the sign-in service"),
        "account.unbound": gettext_lazy("Binding to the sign-in service ended"),
        "account.closed": gettext_lazy("Account closed"),
        "account.opened": gettext_lazy("Account opened"),
        "account.reopened": gettext_lazy("Account reopened"),
        "account.unlocked": gettext_lazy("Account unlocked"),
        "acting_for.begun": gettext_lazy("Stand-in entered"),
        "acting_for.ended": gettext_lazy("Stand-in ended"),
        "login.done": gettext_lazy("Signed in"),
        "login.ended": gettext_lazy("Signed out"),
        "login.failed": gettext_lazy("Wrong password or code"),
        "login.locked": gettext_lazy("Account locked"),
        "login.refused": gettext_lazy("Sign-in refused"),
        "password.withdrawn": gettext_lazy("First password withdrawn"),
        "password.changed": gettext_lazy("Password changed"),
        "password.reset": gettext_lazy("Password reset"),
        "person.added": gettext_lazy("Person entered"),
        "role.granted": gettext_lazy("Role granted"),
        "role.ended": gettext_lazy("Role ended"),
        "second_factor.enrolled": gettext_lazy("Second factor set up"),
        "second_factor.reset": gettext_lazy("Second factor reset"),
        "session.ended": gettext_lazy("Session ended"),
        "sessions.ended": gettext_lazy("Sessions ended"),
        "settings.changed": gettext_lazy("Own settings changed"),
        "unit.founded": gettext_lazy("Unit founded"),
    },
)
register_outcomes({"login.failed": Outcome.REFUSED, "login.refused": Outcome.REFUSED})
register_codes_in_names("staff.roleassignment", Register.ROLE)
register_labels(Register.JOB, {"staff.lock_dormant": gettext_lazy("Locking unused accounts")})
register_labels(Register.STEP, {"DORMANT_LOCKED": gettext_lazy("Unused accounts locked")})
register_labels(
    Register.OBJECT,
    {
        "staff.staff": gettext_lazy("Person"),
        "staff.roleassignment": gettext_lazy("Role"),
        "staff.actingfor": gettext_lazy("Stand-in"),
        "staff.unit": gettext_lazy("Unit"),
    },
)
register_labels(Register.RIGHT, PERMISSION_TEXTS)
register_labels(Register.ROLE, {code: role.label for code, role in ROLES.items()})
register_labels(
    Register.SENTENCE,
    {
        "login.locked": gettext_lazy("The account is locked"),
        "login.closed": gettext_lazy("The account is closed"),
        "login.dormant": gettext_lazy("The account was unused for long and is locked"),
        "login.unknown_number": gettext_lazy("Nobody has this staff number"),
        "login.first_password_expired": gettext_lazy("The first password has expired"),
        "login.no_account": gettext_lazy("No account has been opened"),
        "login.no_local_door": gettext_lazy("This account signs in at the bank's sign-in service only"),
        "login.by_provider": gettext_lazy("At the bank's sign-in service"),
        "login.emergency": gettext_lazy("By the emergency door of administrators"),
        "login.not_bound": gettext_lazy("No account belongs to this person of the sign-in service"),
        "login.bound_to_another": gettext_lazy(
            "The account is bound to another person of the sign-in service"
        ),
        "login.unproven": gettext_lazy("The sign-in service's answer proves nobody"),
        "binding.account_moved": gettext_lazy("This account cannot be bound any more."),
        "binding.taken": gettext_lazy("Another account has been bound to this identifier meanwhile."),
        "role.first_roles": gettext_lazy("First roles of a new installation"),
        "role.person_has_left": gettext_lazy("This person has left meanwhile."),
        "role.clash": gettext_lazy(
            "%(name)s would act as %(role)s and as %(other)s at the same time; one person must not."
        ),
        "second_factor.gone": gettext_lazy("This account has no second factor any more."),
        "second_factor.another": gettext_lazy("Another second factor has been set up meanwhile."),
        "stand_in.days_must_begin": gettext_lazy(
            "The days must begin today or later and end after they begin."
        ),
        "stand_in.too_long": gettext_lazy("Nobody stands in for more than %(days)s days at a stretch."),
        "stand_in.account_closed": gettext_lazy("The account of %(name)s is closed."),
        "stand_in.taken": gettext_lazy("Somebody stands in already on some of these days."),
    },
)
