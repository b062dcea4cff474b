"""The canonical columns and their values in words, for whoever looks at what a delivery brings."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.core import formats
from zhike.customers.enums import BusinessType, CustomerGroup, CustomerKind, IdType, RelationKind, Sex
from zhike.facts import contract
from zhike.facts.contract import Type
from zhike.facts.enums import (
    AccountOpening,
    Channel,
    EventKind,
    EventOutcome,
    ProductCategory,
    TransactionKind,
)
from zhike.staff.enums import UnitKind

HEADS: dict[str, Promise] = {
    "account_no": gettext_lazy("Account number"), "address": gettext_lazy("Postal address"),
    "amount_cents": gettext_lazy("Amount"), "average_cents": gettext_lazy("Daily average of the month"),
    "balance_cents": gettext_lazy("Balance after it"), "birth_on": gettext_lazy("Date of birth"),
    "booked_on": gettext_lazy("Booked on"), "business_type": gettext_lazy("Business type"),
    "category": gettext_lazy("Category"), "channel": gettext_lazy("Channel"), "closed_on": gettext_lazy("Closed on"),
    "counter_bank": gettext_lazy("Bank of the other side"), "currency": gettext_lazy("Currency"),
    "customer_group": gettext_lazy("Customer group"), "customer_no": gettext_lazy("Customer number"),
    "email": gettext_lazy("Email"), "end_cents": gettext_lazy("Balance at month end"),
    "event_no": gettext_lazy("Event number"), "fee_cents": gettext_lazy("Fee a year"),
    "from_customer_no": gettext_lazy("From customer"), "happened_on": gettext_lazy("Happened on"),
    "hired_on": gettext_lazy("With the bank since"), "id_no": gettext_lazy("Document number"),
    "id_type": gettext_lazy("Document"), "industry": gettext_lazy("Industry"),
    "intention": gettext_lazy("Would recommend"), "is_chosen": gettext_lazy("Chosen by the customer"),
    "kind": gettext_lazy("Kind"), "left_on": gettext_lazy("Left on"),
    "loss_ppm": gettext_lazy("Expected loss"), "manager_no": gettext_lazy("Account manager"),
    "margin_ppm": gettext_lazy("Margin"), "matures_on": gettext_lazy("Falls due on"),
    "month_on": gettext_lazy("Month"), "name": gettext_lazy("Name"), "occupation": gettext_lazy("Occupation"),
    "opened_on": gettext_lazy("Opened on"), "opening": gettext_lazy("How opened"),
    "outcome": gettext_lazy("Outcome"), "outlet_code": gettext_lazy("Outlet"),
    "parent_code": gettext_lazy("Belongs to"), "phone": gettext_lazy("Phone"), "post": gettext_lazy("Post"),
    "principal_cents": gettext_lazy("Principal"), "product_code": gettext_lazy("Product"),
    "purpose": gettext_lazy("Purpose"), "region": gettext_lazy("Region"),
    "satisfaction": gettext_lazy("Satisfaction expressed"), "severity": gettext_lazy("Severity"),
    "sex": gettext_lazy("Sex"),
    "since_on": gettext_lazy("Related since"), "staff_no": gettext_lazy("Staff number"),
    "to_customer_no": gettext_lazy("To customer"), "txn_no": gettext_lazy("Transaction number"),
}  # fmt: skip

_KINDS: dict[str, type[TextChoices]] = {
    "outlets": UnitKind, "customers": CustomerKind, "relations": RelationKind, "transactions": TransactionKind,
    "events": EventKind,
}  # fmt: skip
_CODES: dict[str, type[TextChoices]] = {
    "business_type": BusinessType, "category": ProductCategory, "channel": Channel, "customer_group": CustomerGroup,
    "id_type": IdType, "opening": AccountOpening, "outcome": EventOutcome, "sex": Sex,
}  # fmt: skip


def head_of(column: contract.Column) -> str:
    """What a column is called on the page."""
    return str(HEADS[column.name])


def in_words(table: contract.Table, column: contract.Column, value: Any) -> str:
    """A value as it is read: money and dates in the page's form, codes by their words."""
    codes = _KINDS.get(table.name) if column.name == "kind" else _CODES.get(column.name)
    if value is None:
        return ""
    if codes is not None and value in codes.values:
        return str(codes(value).label)
    if column.name.endswith("_cents"):
        return formats.stated(value, "cents")
    if column.name.endswith("_ppm"):
        return formats.rate(value)
    if column.name == "month_on":
        return formats.month(value)
    if column.type is Type.DATE:
        return formats.day(value)
    if column.type is Type.BOOLEAN:
        return _("yes") if value else _("no")
    return str(value)
