"""管户: giving a customer to a manager, and handing customers over with everything the next one must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from zhike.core import audit
from zhike.core.access.permissions import Permission
from zhike.core.errors import DomainError, Stale
from zhike.core.sentences import Sentence
from zhike.customers.enums import KEEPING_ROLES
from zhike.customers.models import Customer, Portfolio
from zhike.customers.operations.portfolio_grants import align_grants
from zhike.staff.models import RoleAssignment, Staff


class PortfolioRefused(DomainError):
    """Why nobody is assigned or handed over, said by a sentence: the audit keeps it for others to read."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Refused:
    """A customer who stays where he is, and why."""

    customer: Customer
    reason: str


@dataclass(frozen=True, slots=True)
class HandOverResult:
    """What came of handing many customers over."""

    manager: Staff
    done: tuple[Customer, ...]
    refused: tuple[Refused, ...]


@transaction.atomic
def assign_customer(
    *, customer_id: int, version: int, manager_id: int, reason: str, by: Staff, now: datetime
) -> Portfolio:
    """Give a customer without an owner to a manager, from today on.

    Refuses a customer who has an owner or has left the bank, and a person who may not keep customers.
    Raises Stale when the customer changed since `version`, Customer.DoesNotExist out of `by`'s scope.
    """
    manager = _keeper(manager_id, timezone.localdate(now))
    customer = _locked(customer_id, version=version, by=by)
    if customer.manager_id is not None:
        raise PortfolioRefused(Sentence("portfolio.has_a_manager"))
    return _give(customer, manager, action="portfolio.assigned", reason=reason, note="", by=by, now=now)


@transaction.atomic
def hand_over(
    *, customer_id: int, version: int, manager_id: int, reason: str, note: str, by: Staff, now: datetime
) -> Portfolio:
    """Close one manager's interval and open the next one's, with a note of what the next one must know.

    Refuses an empty note or reason, the same manager again, a customer who has left the bank, and a person
    who may not keep customers. Raises Stale and Customer.DoesNotExist as `assign_customer` does.
    """
    manager = _keeper(manager_id, timezone.localdate(now))
    customer = _locked(customer_id, version=version, by=by)
    return _hand_over(customer, manager, reason=reason, note=note, by=by, now=now)


@transaction.atomic
def hand_over_many(
    *, versions: Mapping[int, int], manager_id: int, reason: str, note: str, by: Staff, now: datetime
) -> HandOverResult:
    """Hand several customers over (id → version seen). Each one moves or stays with its reason.

    A customer without an owner is assigned and needs no note. Who stays, and why, is recorded too. Refuses as a
    whole what concerns all: the reason and the new manager. Customers out of scope are passed over in silence,
    as if they did not exist.
    """
    manager = _keeper(manager_id, timezone.localdate(now))
    done, refused = [], []
    for customer in (
        Customer.objects.visible_to(by, Permission.PORTFOLIO_ASSIGN).filter(pk__in=versions).order_by("pk")
    ):
        try:
            with transaction.atomic():
                locked = _locked(customer.pk, version=versions[customer.pk], by=by)
                if locked.manager_id is None:
                    _give(
                        locked, manager, action="portfolio.assigned", reason=reason, note=note, by=by, now=now
                    )
                else:
                    _hand_over(locked, manager, reason=reason, note=note, by=by, now=now)
        except (PortfolioRefused, Stale) as refusal:
            refused.append(Refused(customer, str(refusal)))
            audit.record(
                "portfolio.hand_over_refused", by=by, at=now, row=customer, customer_id=customer.pk,
                reason=refusal.said, detail={"manager": f"{manager.staff_no} {manager.name}"},
            )  # fmt: skip
        else:
            done.append(locked)
    return HandOverResult(manager=manager, done=tuple(done), refused=tuple(refused))


def _hand_over(
    customer: Customer, manager: Staff, *, reason: str, note: str, by: Staff, now: datetime
) -> Portfolio:
    if not note.strip():
        raise PortfolioRefused(Sentence("portfolio.note_missing"))
    if customer.manager_id == manager.pk:
        raise PortfolioRefused(Sentence("portfolio.kept_already", {"name": manager.name}))
    return _give(customer, manager, action="portfolio.handed_over", reason=reason, note=note, by=by, now=now)


def _give(
    customer: Customer, manager: Staff, *, action: str, reason: str, note: str, by: Staff, now: datetime
) -> Portfolio:
    if not reason.strip():
        raise PortfolioRefused(Sentence("portfolio.reason_missing"))
    today = timezone.localdate(now)
    if customer.closed_on is not None and customer.closed_on <= today:
        raise PortfolioRefused(Sentence("portfolio.customer_left"))
    before = customer.manager_id
    Portfolio.objects.filter(customer=customer, to_on=None).update(to_on=today)
    opened = Portfolio.objects.create(
        customer=customer, outlet_id=customer.outlet_id, manager=manager, from_on=today, reason=reason.strip(),
        handover_note=note.strip(), assigned_by=f"{by.staff_no} {by.name}",
    )  # fmt: skip
    customer.manager = manager
    customer.version += 1
    customer.save(update_fields=["manager", "version"])
    align_grants(on=today, customer_ids=[customer.pk])
    audit.record(
        action, by=by, at=now, row=customer, customer_id=customer.pk, reason=reason.strip(),
        detail={"changes": {"manager_id": [before, manager.pk]}},
    )  # fmt: skip
    return opened


def _locked(customer_id: int, *, version: int, by: Staff) -> Customer:
    reached = Customer.objects.visible_to(by, Permission.PORTFOLIO_ASSIGN)
    customer = reached.select_for_update(of=("self",)).get(pk=customer_id)
    if customer.version != version:
        raise Stale(Sentence("portfolio.changed_meanwhile"))
    return customer


def _keeper(manager_id: int, day: date) -> Staff:
    """The person, if active and with a role that keeps customers. Raises PortfolioRefused."""
    person = Staff.objects.filter(pk=manager_id).first()
    if person is None or not person.is_active or (person.left_on is not None and person.left_on <= day):
        raise PortfolioRefused(Sentence("portfolio.keeper_left"))
    if not RoleAssignment.objects.in_force(day).filter(staff=person, role__in=KEEPING_ROLES).exists():
        raise PortfolioRefused(Sentence("portfolio.no_keeper", {"name": person.name}))
    return person
