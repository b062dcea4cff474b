"""What the 360° page shows of one customer (T-25): figures, holdings, movements, happenings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import parameters
from zhike.core.figures import Chart, lines
from zhike.core.formats import TEN_THOUSAND, amount_unit, grouped
from zhike.core.formats import day as shown_day
from zhike.customers.api import Customer, mask_account, portfolio_history
from zhike.facts.api import transactions_of
from zhike.facts.enums import Channel, EventKind, EventOutcome, TransactionKind
from zhike.facts.models import Account, Event, Holding, Transaction
from zhike.loyalty.enums import ContactKind, Outcome
from zhike.loyalty.models import FollowUp, Standing
from zhike.staff.models import Staff

CENTS = 100
TIMELINE_ROWS = 8
MONTHS_BACK = 24
TONES = {EventOutcome.FOUNDED: "danger", EventOutcome.OPEN: "gold", EventOutcome.VALID: "ok"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline."""

    on: date
    title: str
    text: str
    who: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A transaction as a row of the page, recent or from the lake."""

    booked_on: date
    account: str
    kind: str
    amount_cents: int
    channel: str
    balance_cents: int | None
    purpose: str

    @property
    def kind_label(self) -> str:
        return str(TransactionKind(self.kind).label)

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)


def holding_of(customer: Customer) -> Holding | None:
    """What the customer holds in sum; None where no balance was ever loaded."""
    return Holding.objects.filter(pk=customer.pk).first()


def standing_of(customer: Customer) -> Standing | None:
    """Where the customer stands by the last published evaluation."""
    return Standing.objects.select_related("run", "override").filter(pk=customer.pk).first()


def accounts_of(customer: Customer, *, day: date) -> list[Account]:
    """The accounts open on a day, what matures next first, then the largest."""
    rows = Account.objects.filter(customer=customer).select_related("product")
    opened = [row for row in rows if row.closed_on is None or row.closed_on > day]
    return sorted(opened, key=lambda row: (row.matures_on or date.max, -(row.balance_cents or 0)))


def closed_accounts_of(customer: Customer, *, day: date) -> list[Account]:
    """The accounts closed by a day, the latest first."""
    rows = Account.objects.filter(customer=customer, closed_on__lte=day).select_related("product")
    return list(rows.order_by("-closed_on"))


def balances_chart(holding: Holding) -> Chart:
    """Month-end balances by kind, in ten thousands, with the finding in a sentence."""
    named = {
        _("Deposits"): holding.deposit_series,
        _("Wealth products"): holding.wealth_series,
        _("Funds"): holding.fund_series,
        _("Insurance"): holding.insurance_series,
    }
    series = {
        name: [cents / CENTS / TEN_THOUSAND for cents in values]
        for name, values in named.items()
        if any(values)
    }
    totals = [sum(month) for month in zip(*series.values(), strict=True)] if series else []
    return lines(
        label=_finding(totals),
        periods=[f"{month:%Y-%m}" for month in holding.months],
        series=series,
        stacked=True,
    )


def timeline(customer: Customer, *, limit: int = TIMELINE_ROWS) -> list[Happening]:
    """Events, contacts and changes of owner together, the latest first."""
    events = list(events_of(customer)[:limit])
    names = names_of(events)
    found = [
        *[_happening(event, names) for event in events],
        *[_contact(row) for row in follow_ups_of(customer)[:limit]],
        *[_owner(row) for row in portfolio_history(customer)[:limit]],
    ]
    return sorted(found, key=lambda entry: entry.on, reverse=True)[:limit]


def events_of(customer: Customer) -> QuerySet[Event]:
    """Everything recorded between the customer and the bank, the latest first."""
    return Event.objects.filter(customer=customer).order_by("-happened_on", "-id")


def follow_ups_of(customer: Customer) -> QuerySet[FollowUp]:
    """What was done about changes of loyalty; withdrawn records are left out."""
    rows = FollowUp.objects.filter(customer=customer, withdrawn_at=None)
    return rows.select_related("made_by").order_by("-made_at")


def months_of(day: date) -> list[date]:
    """The months one can look at, the present one first."""
    month, found = day.replace(day=1), []
    for _number in range(MONTHS_BACK):
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def movements(customer: Customer, *, month: date, kind: str, day: date) -> list[Movement]:
    """The transactions of one month, the latest first: recent days from PostgreSQL, older ones from the lake.

    The caller has fetched the customer in scope.
    """
    until = (month + timedelta(days=32)).replace(day=1)
    kept_from = day - timedelta(days=parameters.value("import.recent_days", on=day))
    names = {row.pk: mask_account(row.account_no) for row in Account.objects.filter(customer=customer)}
    rows: list[Any] = []
    if until > kept_from:
        recent = Transaction.objects.filter(customer=customer, booked_on__gte=month, booked_on__lt=until)
        rows += recent.filter(booked_on__gte=kept_from).order_by("-booked_on", "-txn_no")
    if month < kept_from:
        rows += transactions_of(customer_id=customer.pk, since=month, until=min(until, kept_from))
    return [
        Movement(
            row.booked_on, names.get(row.account_id, ""), row.kind, row.amount_cents, row.channel, row.balance_cents,
            row.purpose,
        )
        for row in rows
        if not kind or row.kind == kind
    ]  # fmt: skip


def _finding(totals: list[float]) -> str:
    if len(totals) < 2:
        return _("Balances at the end of each month")
    figures = {"first": grouped(totals[0], 1), "last": grouped(totals[-1], 1), "unit": amount_unit()}
    if totals[-1] > totals[0]:
        return _("Balances rose from %(first)s to %(last)s (%(unit)s)") % figures
    if totals[-1] < totals[0]:
        return _("Balances fell from %(first)s to %(last)s (%(unit)s)") % figures
    return _("Balances are unchanged at %(last)s (%(unit)s)") % figures


def names_of(events: Sequence[Event]) -> dict[str, str]:
    """The names of the people these events name by their staff number, in one query."""
    numbers = {event.staff_no for event in events if event.staff_no}
    return dict(Staff.objects.filter(staff_no__in=numbers).values_list("staff_no", "name")) if numbers else {}


def _happening(event: Event, names: Mapping[str, str]) -> Happening:
    said = []
    if event.satisfaction is not None:
        said.append(_("Satisfaction %(score)s of 5") % {"score": event.satisfaction})
    if event.intention is not None:
        said.append(_("Would recommend: %(score)s of 10") % {"score": event.intention})
    if event.severity is not None:
        said.append(_("Severity %(level)s of 3") % {"level": event.severity})
    return Happening(
        on=event.happened_on,
        title=f"{EventKind(event.kind).label}{_(', ')}{EventOutcome(event.outcome).label}",
        text=_(", ").join(said),
        who=names.get(event.staff_no, event.staff_no),
        tone=TONES.get(EventOutcome(event.outcome), ""),
    )


def _contact(row: FollowUp) -> Happening:
    made: datetime = row.made_at
    title = f"{ContactKind(row.kind).label}{_(', ')}{Outcome(row.outcome).label}"
    said = [row.note] if row.note else []
    if row.next_on is not None:
        said.append(_("next contact %(day)s") % {"day": shown_day(row.next_on)})
    return Happening(on=timezone.localdate(made), title=title, text=_("; ").join(said), who=row.made_by.name)


def _owner(row: Any) -> Happening:
    title = _("Account manager: %(name)s") % {"name": row.manager.name}
    return Happening(on=row.from_on, title=title, text=row.handover_note, who="", tone="gold")
