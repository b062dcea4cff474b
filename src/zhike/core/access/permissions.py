"""The permission table: every right, every role, one file. Written to be read by a compliance officer.

A role gives rights and one data scope. A right says what may be done; the scope says to which customers.
Rights are asked before rows: without the right the answer is 403 and nothing about the row is told; with
the right but out of scope the answer is 404. Both are recorded (L-32).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """A right, `noun:verb`."""

    WORK_OPEN = "work:open"  # the own workbench, tasks, settings, password
    CUSTOMER_READ = "customer:read"
    CUSTOMER_REVEAL = "customer:reveal"
    CUSTOMER_EXPORT = "customer:export"
    EXPORT_APPROVE = "export:approve"  # lists longer than one may take alone
    CUSTOMER_COUNT = "customer:count"  # totals only
    HOLDING_READ = "holding:read"
    PORTFOLIO_ASSIGN = "portfolio:assign"
    CHANGE_FOLLOW = "change:follow"  # record what was done about a customer whose loyalty changed
    RESULT_READ = "result:read"
    RESULT_COUNT = "result:count"
    SEGMENT_READ = "segment:read"
    SEGMENT_DRAFT = "segment:draft"
    SEGMENT_APPROVE = "segment:approve"  # those of the whole bank
    MODEL_READ = "model:read"  # the register of models with their cards
    MODEL_TRAIN = "model:train"  # train, propose, put in use, retire
    MODEL_APPROVE = "model:approve"
    SCHEME_READ = "scheme:read"
    SCHEME_DRAFT = "scheme:draft"
    SCHEME_APPROVE = "scheme:approve"
    LOYALTY_PLAN_DRAFT = "loyalty_plan:draft"
    LOYALTY_PLAN_APPROVE = "loyalty_plan:approve"
    RUN_START = "run:start"
    RUN_REVIEW = "run:review"
    RUN_PUBLISH = "run:publish"
    OVERRIDE_PROPOSE = "override:propose"
    OVERRIDE_APPROVE = "override:approve"
    TASK_CREATE = "task:create"
    TASK_OVERSEE = "task:oversee"  # overdue tasks of the units one answers for
    IMPORT_LOAD = "import:load"
    EVENT_PUSH = "event:push"  # for programs: complaint system, survey tool, core banking
    OPERATIONS_READ = "operations:read"
    STAFF_READ = "staff:read"
    STAFF_CHANGE = "staff:change"
    ROLE_APPROVE = "role:approve"
    ACCOUNT_CHANGE = "account:change"  # open, unlock, reset, close; never see what the account opens
    ACCOUNT_APPROVE = "account:approve"  # whether a second factor is taken off
    PARAMETER_READ = "parameter:read"
    PARAMETER_PROPOSE = "parameter:propose"
    PARAMETER_APPROVE = "parameter:approve"
    CALENDAR_CHANGE = "calendar:change"
    AUDIT_READ = "audit:read"
    TOKEN_ISSUE = "token:issue"  # noqa: S105 - a right, not a secret


class Scope(StrEnum):
    """Which customers a role reaches."""

    ALL = "ALL"
    INDIVIDUALS = "INDIVIDUALS"
    ENTERPRISES = "ENTERPRISES"
    TREE = "TREE"
    OUTLET = "OUTLET"
    TEAM = "TEAM"
    PORTFOLIO = "PORTFOLIO"
    GRANTED = "GRANTED"
    NONE = "NONE"


SCOPE_LABELS: dict[Scope, Promise] = {
    Scope.ALL: _("The whole bank"),
    Scope.INDIVIDUALS: _("All individual customers"),
    Scope.ENTERPRISES: _("All enterprise customers"),
    Scope.TREE: _("Own unit and the units below it"),
    Scope.OUTLET: _("Own outlet"),
    Scope.TEAM: _("Portfolios of the own team"),
    Scope.PORTFOLIO: _("Own portfolio"),
    Scope.GRANTED: _("Only customers opened for them"),
    Scope.NONE: _("No customer"),
}

REACH: dict[Scope, str] = {
    # What row-level security knows, coarser than the scope: it is the second barrier, not the first.
    Scope.ALL: "ALL",
    Scope.INDIVIDUALS: "ALL",
    Scope.ENTERPRISES: "ALL",
    Scope.TREE: "TREE",
    Scope.OUTLET: "TREE",
    Scope.TEAM: "TREE",
    Scope.PORTFOLIO: "TREE",
    Scope.GRANTED: "NONE",
    Scope.NONE: "NONE",
}


@dataclass(frozen=True, slots=True)
class Role:
    """One role. `approves` demands the second factor at login.

    `states_purpose` opens a customer's file only after the purpose was stated, which is recorded: for those
    who look into any file and keep none (C.3).
    """

    label: Promise
    about: Promise
    scope: Scope
    permissions: frozenset[Permission]
    approves: bool = False
    states_purpose: bool = False
    excludes: frozenset[str] = frozenset()


P = Permission
_EVERYONE = {P.WORK_OPEN, P.SCHEME_READ}
_SEES = {P.CUSTOMER_READ, P.HOLDING_READ, P.RESULT_READ, P.RESULT_COUNT, P.CUSTOMER_COUNT, P.SEGMENT_READ}
_COUNTS = {P.SEGMENT_READ, P.RESULT_COUNT, P.CUSTOMER_COUNT}
_TRAINS = {P.MODEL_READ, P.MODEL_TRAIN}
_OVERSEES = {P.AUDIT_READ, P.PARAMETER_READ, P.OPERATIONS_READ, P.STAFF_READ, P.MODEL_READ}
_EVALUATES = {
    P.SEGMENT_DRAFT, P.SCHEME_DRAFT, P.RUN_START, P.RUN_REVIEW, P.OPERATIONS_READ, P.IMPORT_LOAD, P.EVENT_PUSH,
    P.TASK_CREATE, P.PARAMETER_READ, P.TOKEN_ISSUE,
}  # fmt: skip
_ADMINS = frozenset({"SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDIT_ADMIN"})


def _rights(*groups: set[Permission] | Permission) -> frozenset[Permission]:
    return frozenset().union(*({group} if isinstance(group, Permission) else group for group in groups))


ROLES: dict[str, Role] = {
    "EXECUTIVE": Role(
        _("Executive"),
        _("Sets the direction, approves schemes and overrides, sees the bank in totals."),
        Scope.NONE,
        _rights(
            _EVERYONE,
            _COUNTS,
            P.MODEL_READ,
            P.SCHEME_APPROVE,
            P.LOYALTY_PLAN_APPROVE,
            P.OVERRIDE_APPROVE,
            P.EXPORT_APPROVE,
        ),
        approves=True,
    ),
    "CRM_MANAGER": Role(
        _("CRM department manager"),
        _("Drafts schemes, reviews and publishes evaluations, coordinates tasks between departments."),
        Scope.ALL,
        _rights(
            _EVERYONE,
            _EVALUATES,
            P.SEGMENT_APPROVE,
            _TRAINS,
            P.MODEL_APPROVE,
            _SEES,
            P.CUSTOMER_REVEAL,
            P.CUSTOMER_EXPORT,
            P.LOYALTY_PLAN_DRAFT,
            P.RUN_PUBLISH,
            P.OVERRIDE_PROPOSE,
            P.TASK_OVERSEE,
            P.PARAMETER_PROPOSE,
            P.STAFF_READ,
        ),
        approves=True,
    ),
    "CRM_ANALYST": Role(
        _("CRM department analyst"),
        _("Loads extracts, runs and reviews evaluations."),
        Scope.ALL,
        _rights(
            _EVERYONE,
            _EVALUATES,
            _TRAINS,
            _SEES,
            P.LOYALTY_PLAN_DRAFT,
        ),
    ),
    "MARKETING": Role(
        _("Marketing department"),
        _("Plans by segments and totals; never sees named lists with balances."),
        Scope.NONE,
        _rights(_EVERYONE, _COUNTS, P.SEGMENT_DRAFT, P.TASK_CREATE),
    ),
    "RETAIL": Role(
        _("Retail business department"),
        _("Product and service of individual customers."),
        Scope.INDIVIDUALS,
        _rights(_EVERYONE, _SEES, P.CUSTOMER_REVEAL, P.CUSTOMER_EXPORT, P.OVERRIDE_PROPOSE, P.TASK_CREATE),
    ),
    "CORPORATE_MANAGER": Role(
        _("Corporate business department"),
        _("Enterprise and project customers."),
        Scope.ENTERPRISES,
        _rights(
            _EVERYONE,
            _SEES,
            P.CUSTOMER_REVEAL,
            P.CUSTOMER_EXPORT,
            P.OVERRIDE_PROPOSE,
            P.TASK_CREATE,
            P.CHANGE_FOLLOW,
        ),
    ),
    "BRANCH_HEAD": Role(
        _("Sub-branch head"),
        _("Leads the sub-branch and its outlets; assigns portfolios."),
        Scope.TREE,
        _rights(
            _EVERYONE,
            P.SEGMENT_DRAFT,
            _SEES,
            P.CUSTOMER_REVEAL,
            P.CUSTOMER_EXPORT,
            P.PORTFOLIO_ASSIGN,
            P.OVERRIDE_PROPOSE,
            P.TASK_CREATE,
            P.TASK_OVERSEE,
            P.STAFF_READ,
        ),
        approves=True,
    ),
    "OUTLET_HEAD": Role(
        _("Outlet head"),
        _("Leads the outlet; assigns portfolios."),
        Scope.OUTLET,
        _rights(
            _EVERYONE,
            P.SEGMENT_DRAFT,
            _SEES,
            P.CUSTOMER_REVEAL,
            P.PORTFOLIO_ASSIGN,
            P.OVERRIDE_PROPOSE,
            P.TASK_CREATE,
            P.TASK_OVERSEE,
            P.STAFF_READ,
        ),
        approves=True,
    ),
    "SUPERVISOR": Role(
        _("Account-manager supervisor"),
        _("Agrees plans and follows the team's customers."),
        Scope.TEAM,
        _rights(_EVERYONE, _SEES, P.CUSTOMER_REVEAL, P.PORTFOLIO_ASSIGN, P.TASK_CREATE, P.STAFF_READ),
        approves=True,
    ),
    "ACCOUNT_MANAGER": Role(
        _("Account manager"),
        _("Keeps the customers of the own portfolio."),
        Scope.PORTFOLIO,
        _rights(
            _EVERYONE,
            P.SEGMENT_DRAFT,
            _SEES,
            P.CUSTOMER_REVEAL,
            P.CHANGE_FOLLOW,
            P.OVERRIDE_PROPOSE,
            P.TASK_CREATE,
        ),
    ),
    "WEALTH_MANAGER": Role(
        _("Wealth manager"),
        _("Plans and advises customers of the own portfolio."),
        Scope.PORTFOLIO,
        _rights(_EVERYONE, P.SEGMENT_DRAFT, _SEES, P.CUSTOMER_REVEAL, P.CHANGE_FOLLOW, P.TASK_CREATE),
    ),
    "LOBBY_MANAGER": Role(
        _("Lobby manager"),
        _("Receives customers in the outlet."),
        Scope.GRANTED,
        _rights(_EVERYONE, P.SEGMENT_READ),
    ),
    "TELLER": Role(_("Teller"), _("Serves one customer at a time."), Scope.GRANTED, _rights(_EVERYONE)),
    "CALL_CENTRE": Role(
        _("Call centre"), _("Answers requests by telephone."), Scope.GRANTED, _rights(_EVERYONE)
    ),
    "COMPLAINT_OFFICE": Role(
        _("Complaint office"),
        _("Owns the complaint register."),
        Scope.GRANTED,
        _rights(_EVERYONE, P.TASK_CREATE),
    ),
    "SERVICE_MONITOR": Role(
        _("Service monitor"),
        _("Supervises service processes."),
        Scope.NONE,
        _rights(_EVERYONE, _COUNTS),
    ),
    "PRODUCT": Role(
        _("Product development"),
        _("Designs products from needs."),
        Scope.NONE,
        _rights(_EVERYONE, _COUNTS),
    ),
    "HR": Role(
        _("Human resources"), _("Training, appraisal, people."), Scope.NONE, _rights(_EVERYONE, P.STAFF_READ)
    ),
    "FINANCE": Role(
        _("Finance"), _("Budget and cost."), Scope.NONE, _rights(_EVERYONE, P.RESULT_COUNT, P.CUSTOMER_COUNT)
    ),
    "COMPLIANCE": Role(
        _("Compliance and privacy"),
        _("Reviews rules, looks into any file with a purpose, reads the audit."),
        Scope.ALL,
        _rights(
            _EVERYONE,
            _SEES,
            _OVERSEES,
            P.CUSTOMER_REVEAL,
            P.EXPORT_APPROVE,
            P.PARAMETER_APPROVE,
        ),
        approves=True,
        states_purpose=True,
    ),
    "INTERNAL_AUDIT": Role(
        _("Internal audit"),
        _("Reads everything including the audit, changes nothing."),
        Scope.ALL,
        _rights(_EVERYONE, _SEES, _OVERSEES),
        states_purpose=True,
    ),
    "SYSTEM_ADMIN": Role(
        _("System administrator"),
        _("Runs the system, loads the calendar, keeps accounts, proposes roles; sees no customer."),
        Scope.NONE,
        _rights(
            P.WORK_OPEN,
            P.OPERATIONS_READ,
            P.STAFF_READ,
            P.STAFF_CHANGE,
            P.ACCOUNT_CHANGE,
            P.CALENDAR_CHANGE,
            P.PARAMETER_READ,
        ),
        approves=True,
        excludes=_ADMINS - {"SYSTEM_ADMIN"},
    ),
    "SECURITY_ADMIN": Role(
        _("Security administrator"),
        _("Approves roles and resets of a second factor; sees no customer."),
        Scope.NONE,
        _rights(P.WORK_OPEN, P.STAFF_READ, P.ROLE_APPROVE, P.ACCOUNT_APPROVE, P.PARAMETER_READ),
        approves=True,
        excludes=_ADMINS - {"SECURITY_ADMIN"},
    ),
    "AUDIT_ADMIN": Role(
        _("Audit administrator"),
        _("Keeps and verifies the audit; sees no customer."),
        Scope.NONE,
        _rights(P.WORK_OPEN, P.AUDIT_READ),
        excludes=_ADMINS - {"AUDIT_ADMIN"},
    ),
}
"""Every role of the bank, and nothing else gives a right."""


def clash(roles: Collection[str]) -> tuple[str, str] | None:
    """Two of these roles that must not come together in one person, whether held or stood in for (C.4).

    Those that exclude each other, and an administrator's beside one of the business: whoever runs the system
    or gives the rights sees no customer and decides nothing about one.
    """
    for one in sorted(roles):
        for other in sorted(roles):
            if other in ROLES[one].excludes or (one in _ADMINS and other not in _ADMINS):
                return one, other
    return None
