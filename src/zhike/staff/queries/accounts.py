"""Accounts as administrators see them: their state, their second factor, their open sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from zhike.core.access.permissions import ROLES
from zhike.core.models import Approval, ApprovalState
from zhike.staff import provider
from zhike.staff.enums import ACTS_IN, AccountAct, AccountState
from zhike.staff.models import RoleAssignment, Staff, Unit
from zhike.staff.queries import sessions

SECOND_FACTOR_KIND = "staff.second_factor"
"""Proposals that somebody's second factor be taken off."""
BINDING_KIND = "staff.binding"
"""Proposals that an account be bound to a person of the sign-in service."""
NO_PASSWORD = Q(password="") | Q(password__startswith="!")  # noqa: S106 - a password nobody has
ADMINISTRATORS = tuple(code for code in ROLES if code.endswith("_ADMIN"))


def with_state(rows: QuerySet[Staff], *, now: datetime) -> QuerySet[Any]:
    """People with `account_state`: the one definition of what an account is good for."""
    state = Case(
        When(is_active=False, then=Value(AccountState.CLOSED)),
        When(NO_PASSWORD, then=Value(AccountState.NONE)),
        When(dormant_at__isnull=False, then=Value(AccountState.DORMANT)),
        When(locked_until__gt=now, then=Value(AccountState.LOCKED)),
        When(must_change_password=True, then=Value(AccountState.FIRST)),
        default=Value(AccountState.ACTIVE),
        output_field=CharField(),
    )
    return rows.annotate(account_state=state)


def able_to_act(*, now: datetime) -> QuerySet[Staff]:
    """People whose account is open now: neither closed nor dormant, locked or waiting for its own password."""
    return with_state(Staff.objects.all(), now=now).filter(account_state=AccountState.ACTIVE)


def accounts(
    *, text: str = "", unit: Unit | None = None, state: str = "", second_factor: str = "", now: datetime
) -> QuerySet[Any]:
    """Everybody with the state of their account and `session_count`, their open sessions.

    `second_factor` is 'set', 'missing' (one of the roles asks for it) or ''.
    """
    rows: QuerySet[Any] = with_state(Staff.objects.select_related("unit"), now=now)
    of_person = sessions.alive(now=now).filter(staff=OuterRef("pk")).order_by().values("staff")
    counted = of_person.annotate(count=Count("pk")).values("count")
    rows = rows.annotate(session_count=Coalesce(Subquery(counted), 0))
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(staff_no__istartswith=text))
    if unit:
        rows = rows.filter(unit=unit)
    if state:
        rows = rows.filter(account_state=state)
    if second_factor == "set":
        rows = rows.exclude(second_factor=b"")
    elif second_factor == "missing":
        approving = [code for code, role in ROLES.items() if role.approves]
        asked = RoleAssignment.objects.in_force(timezone.localdate(now)).filter(role__in=approving)
        rows = rows.filter(second_factor=b"", pk__in=asked.values("staff"))
    return rows


def state_of(person: Staff, *, now: datetime) -> AccountState:
    """The state of one account."""
    row = with_state(Staff.objects.filter(pk=person.pk), now=now).values_list("account_state", flat=True)
    return AccountState(row.get())


def possible_acts(person: Staff, *, state: AccountState) -> list[AccountAct]:
    """What can be done to an account now: a second factor or a binding that is not there cannot be taken off."""
    impossible = set()
    if not bytes(person.second_factor):
        impossible.add(AccountAct.SECOND_FACTOR)
    if not provider.is_used():
        impossible.add(AccountAct.BIND)
    impossible.add(AccountAct.BIND if person.provider_subject else AccountAct.UNBIND)
    return [act for act in ACTS_IN[state] if act not in impossible]


def waiting(person: Staff) -> dict[AccountAct, Approval]:
    """The proposals about this account that wait for their decision, by what they would do."""
    acts = {SECOND_FACTOR_KIND: AccountAct.SECOND_FACTOR, BINDING_KIND: AccountAct.BIND}
    found = Approval.objects.filter(kind__in=acts, state=ApprovalState.PENDING, subject_id=person.pk)
    return {acts[approval.kind]: approval for approval in found}


def has_local_door(person: Staff) -> bool:
    """Whether a password of ours opens this account: everybody's, or in an emergency an administrator's."""
    if settings.LOCAL_SIGN_IN == "everybody":
        return True
    return any(held.role in ADMINISTRATORS and held.staff_id == person.pk for held in person.assignments)


def unused_since(moment: datetime) -> QuerySet[Staff]:
    """Open accounts that nobody has signed in to since, and that got no password since.

    The demo's people are left out: it must open after any pause.
    """
    in_use = Staff.objects.exclude(NO_PASSWORD).filter(is_active=True, dormant_at=None, is_made_up=False)
    return in_use.annotate(used_at=Greatest("last_login", "password_set_at")).filter(used_at__lt=moment)


def holders(role: str, *, now: datetime) -> QuerySet[Staff]:
    """Active people who hold a role now."""
    held = RoleAssignment.objects.in_force(timezone.localdate(now)).filter(role=role)
    return Staff.objects.filter(pk__in=held.values("staff"))
