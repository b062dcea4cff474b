"""What the fields of the portrait are called, what they mean, and the words of their codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.analytics.portrait import Dimension, Kind, Unit
from zhike.customers.enums import BusinessType, CustomerGroup, CustomerKind
from zhike.facts.enums import Channel, ProductCategory
from zhike.insight.models import Portrait
from zhike.insight.queries.sources import FieldWords, fields, registered

DIMENSIONS: dict[Dimension, Promise] = {
    Dimension.BASIC: gettext_lazy("Basic traits"),
    Dimension.PURCHASE: gettext_lazy("Purchase behaviour"),
    Dimension.ACCOUNT: gettext_lazy("Account dynamics"),
    Dimension.SERVICE_NEED: gettext_lazy("Service needs"),
    Dimension.CHANNEL: gettext_lazy("Ways of contact"),
    Dimension.LOYALTY: gettext_lazy("Loyalty"),
}
KINDS: dict[Kind, Promise] = {
    Kind.NUMBER: gettext_lazy("A number"),
    Kind.MONEY: gettext_lazy("Amount"),
    Kind.SHARE: gettext_lazy("Share"),
    Kind.POINTS: gettext_lazy("Points"),
    Kind.DATE: gettext_lazy("Date"),
    Kind.CHOICE: gettext_lazy("Choice"),
    Kind.WORD: gettext_lazy("Word"),
    Kind.FLAG: gettext_lazy("Yes or no"),
}
UNITS: dict[Unit, Promise | str] = {
    Unit.NONE: "",
    Unit.TIMES: pgettext_lazy("unit", "times"),
    Unit.MONTHS: pgettext_lazy("unit", "months"),
    Unit.KINDS: pgettext_lazy("unit", "kinds"),
    Unit.ACCOUNTS: pgettext_lazy("unit", "accounts"),
    Unit.GRADE: pgettext_lazy("unit", "marks"),
    Unit.POINTS: pgettext_lazy("unit", "points"),
}
SOURCES: dict[str, Promise] = {
    "customers": gettext_lazy("Customers"),
    "accounts": gettext_lazy("Accounts and products"),
    "balances": gettext_lazy("Month-end balances"),
    "transactions": gettext_lazy("Transactions"),
    "events": gettext_lazy("Events"),
}
_TODAY = gettext_lazy("On the day of the portrait")
_YEAR = gettext_lazy("In the twelve months up to the day of the portrait")
_LATEST = gettext_lazy("The latest of the twelve months up to the day of the portrait")
_QUARTER = gettext_lazy(
    "In the three months up to the day of the portrait; not what the bank booked by itself"
)
_SHARES = gettext_lazy(
    "Of the customer's own transactions in twelve months; not what the bank booked by itself"
)

WORDS: dict[str, FieldWords] = {
    "KIND": FieldWords(gettext_lazy("Kind of customer"), _TODAY, dict(CustomerKind.choices)),
    "BUSINESS_TYPE": FieldWords(gettext_lazy("Business type"), _TODAY, dict(BusinessType.choices)),
    "CUSTOMER_GROUP": FieldWords(gettext_lazy("Customer group"), _TODAY, dict(CustomerGroup.choices)),
    "OPENED": FieldWords(gettext_lazy("Customer since"), gettext_lazy("Day on which the relationship began")),
    "MONTHS_KNOWN": FieldWords(
        gettext_lazy("Months with the bank"), gettext_lazy("Completed months since the relationship began")
    ),
    "PURCHASES_12M": FieldWords(
        gettext_lazy("Purchases in 12 months"),
        gettext_lazy("Chosen products taken or renewed; neither by-products nor automatic renewals"),
    ),
    "RENEWALS_12M": FieldWords(
        gettext_lazy("Renewals in 12 months"),
        gettext_lazy("Chosen products renewed by decision when they came due"),
    ),
    "LAST_PURCHASE": FieldWords(
        gettext_lazy("Last purchase"), gettext_lazy("Day of the latest product taken or renewed by decision")
    ),
    "CATEGORIES_HELD": FieldWords(gettext_lazy("Kinds of products held"), _TODAY),
    "FIRST_CATEGORY": FieldWords(
        gettext_lazy("First product"),
        gettext_lazy("Kind of the product opened first"),
        dict(ProductCategory.choices),
    ),
    "HOLDS_TERM": FieldWords(gettext_lazy("Holds time deposits"), _TODAY),
    "HOLDS_WEALTH": FieldWords(gettext_lazy("Holds wealth products"), _TODAY),
    "HOLDS_FUND": FieldWords(gettext_lazy("Holds funds"), _TODAY),
    "HOLDS_INSURANCE": FieldWords(gettext_lazy("Holds insurance"), _TODAY),
    "HOLDS_LOAN": FieldWords(gettext_lazy("Holds a loan"), _TODAY),
    "HOLDS_CARD": FieldWords(gettext_lazy("Holds a credit card"), _TODAY),
    "HOLDS_PAYROLL": FieldWords(gettext_lazy("Paid by payroll here"), _TODAY),
    "ACTIVE_MONTHS_12M": FieldWords(
        gettext_lazy("Active months of 12"),
        gettext_lazy("Months with at least one transaction of the customer's own"),
    ),
    "BALANCE": FieldWords(
        gettext_lazy("Average balance"),
        gettext_lazy("Deposits and investments, monthly averages of the last three months"),
    ),
    "BALANCE_TREND": FieldWords(
        gettext_lazy("Balance trend"),
        gettext_lazy("Average of the last three months against the months before; 100% is unchanged"),
    ),
    "LOANS": FieldWords(
        gettext_lazy("Owed on loans and cards"), gettext_lazy("At the end of the last month")
    ),
    "ACCOUNTS_OPEN": FieldWords(gettext_lazy("Open accounts"), _TODAY),
    "LARGEST_IN": FieldWords(gettext_lazy("Largest inflow in 3 months"), _QUARTER),
    "LARGEST_OUT": FieldWords(gettext_lazy("Largest outflow in 3 months"), _QUARTER),
    "NET_FLOW": FieldWords(gettext_lazy("Net flow in 3 months"), _QUARTER),
    "NEXT_MATURITY": FieldWords(
        gettext_lazy("Next maturity"), gettext_lazy("Of time deposits, wealth products, funds and insurance")
    ),
    "MATURING": FieldWords(
        gettext_lazy("Falling due in 90 days"), gettext_lazy("Agreed amounts of what comes due after the day")
    ),
    "IS_SLEEPING": FieldWords(
        gettext_lazy("Sleeping"), gettext_lazy("No transaction of the customer's own in twelve months")
    ),
    "COMPLAINTS_12M": FieldWords(gettext_lazy("Complaints in 12 months"), _YEAR),
    "COMPLAINTS_FOUNDED_12M": FieldWords(gettext_lazy("Founded complaints in 12 months"), _YEAR),
    "HAS_OPEN_COMPLAINT": FieldWords(gettext_lazy("Has an open complaint"), _YEAR),
    "OBJECTIONS_12M": FieldWords(gettext_lazy("Objections in 12 months"), _YEAR),
    "ANSWERS_12M": FieldWords(gettext_lazy("Answers to surveys in 12 months"), _YEAR),
    "SATISFACTION": FieldWords(gettext_lazy("Satisfaction, 1 to 5"), _LATEST),
    "INTENTION": FieldWords(gettext_lazy("Would recommend, 0 to 10"), _LATEST),
    "CONTACTS_12M": FieldWords(gettext_lazy("Contacts and visits in 12 months"), _YEAR),
    "LAST_CONTACT": FieldWords(gettext_lazy("Last contact"), _LATEST),
    "REFERRALS_12M": FieldWords(gettext_lazy("Referrals in 12 months"), _YEAR),
    "ELSEWHERE": FieldWords(gettext_lazy("Declared at other banks"), _LATEST),
    "ACTS_12M": FieldWords(
        gettext_lazy("Own transactions in 12 months"), gettext_lazy("Not what the bank booked by itself")
    ),
    "LAST_ACT": FieldWords(gettext_lazy("Last own transaction"), _LATEST),
    "MOBILE_SHARE": FieldWords(gettext_lazy("Share of the mobile bank"), _SHARES),
    "DIGITAL_SHARE": FieldWords(gettext_lazy("Share of mobile and internet bank"), _SHARES),
    "COUNTER_SHARE": FieldWords(gettext_lazy("Share of the counter"), _SHARES),
    "LAST_CHANNEL": FieldWords(gettext_lazy("Way of the last transaction"), _LATEST, dict(Channel.choices)),
}


def words_of(code: str) -> FieldWords:
    """The words of a field: the facts' are here, a source brings its own. A code nobody knows is its own word."""
    if code in WORDS:
        return WORDS[code]
    for source in registered():
        if code in source.words:
            return source.words[code]
    return FieldWords(code, "")


def label_of(code: str) -> str:
    """What a field is called."""
    return str(words_of(code).label)


def choice_of(code: str, value: str) -> str:
    """A code of a field in words; a free word is itself."""
    return str(words_of(code).choices.get(value, value))


def dimension_label(code: str) -> str:
    """What a dimension is called."""
    return str(DIMENSIONS[Dimension(code)])


def source_label(code: str) -> str:
    """What a table or source is called."""
    brought = {source.code: source.label for source in registered()}
    return str(SOURCES.get(code) or brought.get(code, code))


def offered() -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields to choose from, by dimension."""
    groups: dict[Dimension, list[tuple[str, str]]] = {dimension: [] for dimension in Dimension}
    for field in fields().values():
        groups[field.dimension].append((field.code, label_of(field.code)))
    return [(str(DIMENSIONS[dimension]), found) for dimension, found in groups.items() if found]


def choices_of(code: str, words: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """The values a field may have: of a choice all, of free words those that may be offered."""
    field = fields()[code]
    if field.kind is Kind.WORD:
        return [(word, word) for word in words.get(code, [])]
    return [(value, choice_of(code, value)) for value in field.codes]


def unit_label(code: str) -> str:
    """In what a field counts, for beside an input: an amount in whole currency, a share in per cent."""
    field = fields()[code]
    if field.kind is Kind.MONEY:
        return _("CNY")
    return "%" if field.kind is Kind.SHARE else str(UNITS[field.unit])


@dataclass(frozen=True, slots=True)
class Explained:
    """A field as its page shows it. `known_count` says of how many customers it is known; None before a portrait."""

    label: str
    kind: str
    meaning: str
    source: str
    is_delivered: bool
    known_count: int | None


@dataclass(frozen=True, slots=True)
class Origin:
    """What the portrait was made of: which data, of which day, in which state."""

    label: str
    as_of: date | None
    said: str


def explained(portrait: Portrait | None) -> list[tuple[str, list[Explained]]]:
    """Every field by dimension, with its meaning, where it comes from and of how many it is known."""
    groups: dict[Dimension, list[Explained]] = {dimension: [] for dimension in Dimension}
    for field in fields().values():
        words = words_of(field.code)
        groups[field.dimension].append(
            Explained(
                label=str(words.label), kind=str(KINDS[field.kind]), meaning=str(words.meaning),
                source=source_label(field.source),
                is_delivered=portrait is None or not field.feed or field.feed in portrait.feeds,
                known_count=portrait.known.get(field.code) if portrait else None,
            )
        )  # fmt: skip
    return [(str(DIMENSIONS[dimension]), found) for dimension, found in groups.items() if found]


def origins(portrait: Portrait | None) -> list[Origin]:
    """The data sets a portrait rests on, with source and date (L-10)."""
    if portrait is None:
        return []
    loads = _("%(count)s loads, the last is number %(last)s") % {
        "count": len(portrait.batches), "last": portrait.batches[-1] if portrait.batches else 0,
    }  # fmt: skip
    found = [Origin(_("Facts of the bank's systems"), portrait.as_of, loads)]
    for source in portrait.sources:
        day = date.fromisoformat(source["as_of"]) if source["as_of"] else None
        found.append(Origin(source_label(source["code"]), day, source["label"]))
    return found
