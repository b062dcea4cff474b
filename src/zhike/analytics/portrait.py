"""The portrait of the customers: one wide row each as of a day, from the facts and from what rooms hand up (S-54).

`FIELDS` is the closed catalogue of what the facts say; a `Source` adds what somebody else found about customers, as
Parquet with `customer_id` and one column a field. A row carries surrogate numbers only. Money is whole cents, a
share whole parts per million.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path

from zhike.analytics.engine import Engine, Value, identifier
from zhike.analytics.plan import months_before

RECENT_MONTHS = 3
_MONTHS = 12
_EPOCH = date(1900, 1, 1)
_QUARTER_DAYS = 90


class Dimension(StrEnum):
    """What a field speaks of: the four dimensions of the rules (M-24), the ways of contact (N-06), and loyalty."""

    BASIC = "BASIC"
    PURCHASE = "PURCHASE"
    ACCOUNT = "ACCOUNT"
    SERVICE_NEED = "SERVICE_NEED"
    CHANNEL = "CHANNEL"
    LOYALTY = "LOYALTY"


class Kind(StrEnum):
    """What kind of value a field has; it says which conditions fit."""

    NUMBER = "NUMBER"
    MONEY = "MONEY"
    SHARE = "SHARE"
    POINTS = "POINTS"
    DATE = "DATE"
    CHOICE = "CHOICE"
    WORD = "WORD"
    FLAG = "FLAG"


class Unit(StrEnum):
    """In what a number counts."""

    NONE = ""
    TIMES = "TIMES"
    MONTHS = "MONTHS"
    KINDS = "KINDS"
    ACCOUNTS = "ACCOUNTS"
    GRADE = "GRADE"
    POINTS = "POINTS"


_TYPES = {
    Kind.NUMBER: "BIGINT", Kind.MONEY: "BIGINT", Kind.SHARE: "BIGINT", Kind.POINTS: "DOUBLE", Kind.DATE: "DATE",
    Kind.CHOICE: "VARCHAR", Kind.WORD: "VARCHAR", Kind.FLAG: "BOOLEAN",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One thing known of every customer. `codes` closes the values of a choice; `source` names the table of the facts,
    or the source, it comes from; `feed` is what must have been delivered for it."""

    code: str
    dimension: Dimension
    kind: Kind
    source: str
    unit: Unit = Unit.NONE
    codes: tuple[str, ...] = ()
    feed: str = ""

    @property
    def column(self) -> str:
        """Its column in the portrait."""
        return _COLUMNS.get(self.code) or identifier(self.code.lower())

    @property
    def type(self) -> str:
        """The type of the column, as DuckDB and PostgreSQL spell it."""
        return _TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Source:
    """What another room found about customers: Parquet files with `customer_id` and the column of each field."""

    code: str
    fields: tuple[Field, ...]
    paths: tuple[Path, ...] = ()


_COLUMNS = {
    "BALANCE": "balance_cents", "BALANCE_TREND": "balance_trend_ppm", "LOANS": "loan_cents",
    "LARGEST_IN": "largest_in_cents", "LARGEST_OUT": "largest_out_cents", "NET_FLOW": "net_flow_cents",
    "MATURING": "maturing_cents", "ELSEWHERE": "elsewhere_cents", "MOBILE_SHARE": "mobile_ppm",
    "DIGITAL_SHARE": "digital_ppm", "COUNTER_SHARE": "counter_ppm", "OPENED": "opened_on",
    "LAST_PURCHASE": "last_purchase_on", "NEXT_MATURITY": "next_maturity_on", "LAST_CONTACT": "last_contact_on",
    "LAST_ACT": "last_act_on",
}  # fmt: skip
"""Columns that say their unit or kind where the code does not."""

_D, _K, _U = Dimension, Kind, Unit
_CATEGORIES = ("DEMAND", "TERM", "LOAN", "CARD", "WEALTH", "FUND", "INSURANCE", "PAYROLL", "SERVICE")
_HELD = ("TERM", "WEALTH", "FUND", "INSURANCE", "LOAN", "CARD", "PAYROLL")

FIELDS: dict[str, Field] = {
    field.code: field
    for field in (
        Field("KIND", _D.BASIC, _K.CHOICE, "customers", codes=("INDIVIDUAL", "ENTERPRISE")),
        Field("BUSINESS_TYPE", _D.BASIC, _K.CHOICE, "customers", codes=("RETAIL", "MICRO", "CORPORATE", "PROJECT")),
        Field("CUSTOMER_GROUP", _D.BASIC, _K.CHOICE, "customers", codes=("GENERAL", "WEALTH", "PRIVATE", "CARD")),
        Field("OPENED", _D.BASIC, _K.DATE, "customers"),
        Field("MONTHS_KNOWN", _D.BASIC, _K.NUMBER, "customers", _U.MONTHS),
        Field("PURCHASES_12M", _D.PURCHASE, _K.NUMBER, "accounts", _U.TIMES, feed="accounts"),
        Field("RENEWALS_12M", _D.PURCHASE, _K.NUMBER, "accounts", _U.TIMES, feed="accounts"),
        Field("LAST_PURCHASE", _D.PURCHASE, _K.DATE, "accounts", feed="accounts"),
        Field("CATEGORIES_HELD", _D.PURCHASE, _K.NUMBER, "accounts", _U.KINDS, feed="accounts"),
        Field("FIRST_CATEGORY", _D.PURCHASE, _K.CHOICE, "accounts", codes=_CATEGORIES, feed="accounts"),
        *(Field(f"HOLDS_{held}", _D.PURCHASE, _K.FLAG, "accounts", feed="accounts") for held in _HELD),
        Field("ACTIVE_MONTHS_12M", _D.PURCHASE, _K.NUMBER, "transactions", _U.MONTHS, feed="transactions"),
        Field("BALANCE", _D.ACCOUNT, _K.MONEY, "balances", feed="balances"),
        Field("BALANCE_TREND", _D.ACCOUNT, _K.SHARE, "balances", feed="balances"),
        Field("LOANS", _D.ACCOUNT, _K.MONEY, "balances", feed="balances"),
        Field("ACCOUNTS_OPEN", _D.ACCOUNT, _K.NUMBER, "accounts", _U.ACCOUNTS, feed="accounts"),
        Field("LARGEST_IN", _D.ACCOUNT, _K.MONEY, "transactions", feed="transactions"),
        Field("LARGEST_OUT", _D.ACCOUNT, _K.MONEY, "transactions", feed="transactions"),
        Field("NET_FLOW", _D.ACCOUNT, _K.MONEY, "transactions", feed="transactions"),
        Field("NEXT_MATURITY", _D.ACCOUNT, _K.DATE, "accounts", feed="accounts"),
        Field("MATURING", _D.ACCOUNT, _K.MONEY, "accounts", feed="accounts"),
        Field("IS_SLEEPING", _D.ACCOUNT, _K.FLAG, "transactions", feed="transactions"),
        Field("COMPLAINTS_12M", _D.SERVICE_NEED, _K.NUMBER, "events", _U.TIMES, feed="events:COMPLAINT"),
        Field("COMPLAINTS_FOUNDED_12M", _D.SERVICE_NEED, _K.NUMBER, "events", _U.TIMES, feed="events:COMPLAINT"),
        Field("HAS_OPEN_COMPLAINT", _D.SERVICE_NEED, _K.FLAG, "events", feed="events:COMPLAINT"),
        Field("OBJECTIONS_12M", _D.SERVICE_NEED, _K.NUMBER, "events", _U.TIMES, feed="events:OBJECTION"),
        Field("ANSWERS_12M", _D.SERVICE_NEED, _K.NUMBER, "events", _U.TIMES, feed="events:ANSWER"),
        Field("SATISFACTION", _D.SERVICE_NEED, _K.NUMBER, "events", _U.GRADE, feed="events:ANSWER"),
        Field("INTENTION", _D.SERVICE_NEED, _K.NUMBER, "events", _U.GRADE, feed="events:ANSWER"),
        Field("CONTACTS_12M", _D.SERVICE_NEED, _K.NUMBER, "events", _U.TIMES, feed="events:CONTACT"),
        Field("LAST_CONTACT", _D.SERVICE_NEED, _K.DATE, "events", feed="events:CONTACT"),
        Field("REFERRALS_12M", _D.SERVICE_NEED, _K.NUMBER, "events", _U.TIMES, feed="events:REFERRAL"),
        Field("ELSEWHERE", _D.SERVICE_NEED, _K.MONEY, "events", feed="events:HOLDINGS_ELSEWHERE"),
        Field("ACTS_12M", _D.CHANNEL, _K.NUMBER, "transactions", _U.TIMES, feed="transactions"),
        Field("LAST_ACT", _D.CHANNEL, _K.DATE, "transactions", feed="transactions"),
        Field("MOBILE_SHARE", _D.CHANNEL, _K.SHARE, "transactions", feed="transactions"),
        Field("DIGITAL_SHARE", _D.CHANNEL, _K.SHARE, "transactions", feed="transactions"),
        Field("COUNTER_SHARE", _D.CHANNEL, _K.SHARE, "transactions", feed="transactions"),
        Field("LAST_CHANNEL", _D.CHANNEL, _K.CHOICE, "transactions",
              codes=("COUNTER", "ATM", "MOBILE", "ONLINE", "POS", "PHONE"), feed="transactions"),
    )
}  # fmt: skip
"""What the facts say, in the order in which it is offered. A code that is published keeps its meaning."""

_HAS = {
    "has_accounts": "accounts", "has_balances": "balances", "has_transactions": "transactions",
    "has_complaints": "events:COMPLAINT", "has_objections": "events:OBJECTION", "has_answers": "events:ANSWER",
    "has_contacts": "events:CONTACT", "has_referrals": "events:REFERRAL",
}  # fmt: skip
_PARTS = ("people", "accounts", "balances", "transactions", "events")


@cache
def text(name: str) -> str:
    """Return the reviewed file `sql/portrait/<name>.sql`."""
    file = resources.files("zhike.analytics").joinpath(f"sql/portrait/{name}.sql")
    return file.read_text("utf-8").strip()


def sql_sha256() -> str:
    """Return one hash over the reviewed files of the portrait, in hex: a portrait of other texts is another one."""
    whole = "\0".join(text(name) for name in (*_PARTS, "portrait"))
    return hashlib.sha256(whole.encode()).hexdigest()


def parameters(as_of: date, feeds: Collection[str]) -> dict[str, Value]:
    """Return what the texts bind: the dates of the windows, and which feeds were delivered."""
    first = as_of.replace(day=1)
    return {
        "as_of": as_of,
        "epoch": _EPOCH,
        "year_from": date.fromordinal(months_before(as_of, _MONTHS).toordinal() + 1),
        "quarter_from": date.fromordinal(months_before(as_of, RECENT_MONTHS).toordinal() + 1),
        "quarter_ahead": date.fromordinal(as_of.toordinal() + _QUARTER_DAYS),
        "balances_from": months_before(first, _MONTHS - 1),
        "recent_from": months_before(first, RECENT_MONTHS - 1),
        "month_from": months_before(first, 1),
        "recent_months": RECENT_MONTHS,
        **{name: feed in feeds for name, feed in _HAS.items()},
    }


def portrait(sources: Iterable[Source] = ()) -> str:
    """Return the query of the portrait: one row a customer. The columns of a source stand in the view `of_<code>`."""
    columns, joins = [], []
    for source in sources:
        view = identifier(f"of_{source.code.lower()}")
        columns += [f",\n       {view}.{field.column}" for field in source.fields]
        joins.append(f"\nLEFT JOIN {view} ON {view}.customer_id = c.customer_id")
    parts = {name: text(name) + "\n" for name in _PARTS}
    return text("portrait").format(**parts, added="".join(columns), joins="".join(joins))


def columns(sources: Iterable[Source] = ()) -> tuple[tuple[str, str], ...]:
    """Return the columns of a portrait with their types: whom it speaks of, then the fields."""
    fields = [*FIELDS.values(), *(field for source in sources for field in source.fields)]
    return (
        ("customer_id", "BIGINT"),
        ("outlet_id", "BIGINT"),
        *((each.column, each.type) for each in fields),
    )


def feeds_of(engine: Engine, as_of: date, *, delivered: Collection[str] = ()) -> frozenset[str]:
    """Return the feeds that have a row within the year, or were `delivered` for it, be it empty (formula E.6)."""
    bound = parameters(as_of, ())
    found = {name for name in ("accounts", "balances", "transactions") if engine.fetch(_any(name), bound)}
    kinds = "SELECT DISTINCT kind FROM events WHERE happened_on >= :year_from AND happened_on <= :as_of"
    return frozenset(
        found | {f"events:{kind}" for (kind,) in engine.fetch(kinds, bound) if kind} | set(delivered)
    )


def build(
    engine: Engine, as_of: date, path: str | Path, *, feeds: Collection[str], sources: Sequence[Source] = ()
) -> None:
    """Write the portrait as of the end of a day: one Parquet file (DuckDB) or folder (Spark).

    The engine has the views of the lake. A source without files leaves its fields unknown.
    """
    for source in sources:
        shape = (("customer_id", "BIGINT"), *((field.column, field.type) for field in source.fields))
        engine.view(f"of_{source.code.lower()}", source.paths, shape)
    engine.write(portrait(sources), parameters(as_of, feeds), path)


def catalogue(sources: Iterable[Source] = ()) -> Mapping[str, Field]:
    """Return every field by its code: those of the facts, then those of the sources.

    Raises ValueError where two have one code or one column.
    """
    fields = [*FIELDS.values(), *(field for source in sources for field in source.fields)]
    found = {field.code: field for field in fields}
    if len(found) < len(fields) or len({field.column for field in fields}) < len(fields):
        raise ValueError("two fields of the portrait have one name")
    return found


def _any(table: str) -> str:
    day = {"accounts": "opened_on", "balances": "month_on", "transactions": "booked_on"}[table]
    since = "" if table == "accounts" else f" AND {day} >= :year_from"
    return f"SELECT 1 FROM {table} WHERE {day} <= :as_of{since} LIMIT 1"
