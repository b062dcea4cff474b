"""The nine canonical tables: what every mapping must deliver and every import checks.

A mapping (`mappings/*.toml`) turns one bank's extracts into these tables; the demo bank writes
extracts that map onto them; the lake keeps them with surrogate ids in place of the `key`
references and without any personal data (columns of class C2 and names stay in PostgreSQL).

Money is whole cents in BIGINT. Rates are parts per million in BIGINT (1.30 % is 13,000). Dates are
dates. Codes are upper-case words listed here, so that a code can be translated but never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Type(StrEnum):
    """Column types, named as DuckDB and PostgreSQL both spell them."""

    TEXT = "VARCHAR"
    BIGINT = "BIGINT"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"


class Privacy(StrEnum):
    """Data class of a column (JR/T 0171-2020; `domain` C.2). C3 is never accepted."""

    PUBLIC = "P"
    INTERNAL = "C1"
    PERSONAL = "C2"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    `codes` closes the set of values; `refers` names the table whose key the value must exist in;
    `check` names a rule of `zhike.facts.checks` (a check character, a date range). A number lies between `least`
    and `most`; a text has no more than `longest` characters.
    """

    name: str
    type: Type
    required: bool = False
    codes: tuple[str, ...] = ()
    refers: str | None = None
    privacy: Privacy = Privacy.INTERNAL
    check: str | None = None
    least: int | None = None
    most: int | None = None
    longest: int | None = None

    @property
    def limits(self) -> str:
        """Least and most of a number, as people read them."""
        return " – ".join("" if limit is None else str(limit) for limit in (self.least, self.most))


@dataclass(frozen=True, slots=True)
class EventRule:
    """What an event of one kind may say: its outcomes, and the values that belong to it, of which one must be there."""

    outcomes: tuple[str, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table. `key` is unique in the bank; `month` is the date a fact is filed under."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    month: str | None = None
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})


UNIT_KINDS = ("HEAD_OFFICE", "BRANCH", "SUB_BRANCH", "DIRECT_OUTLET", "OUTLET", "DEPARTMENT")
CUSTOMER_KINDS = ("INDIVIDUAL", "ENTERPRISE")
SEXES = ("M", "F")
ID_TYPES = ("RESIDENT_ID", "PASSPORT", "USCC", "OTHER")
BUSINESS_TYPES = ("RETAIL", "MICRO", "CORPORATE", "PROJECT")
CUSTOMER_GROUPS = ("GENERAL", "WEALTH", "PRIVATE", "CARD")
RELATION_KINDS = (
    "SPOUSE", "PARENT", "CHILD", "GUARDIAN", "LEGAL_REPRESENTATIVE", "CONTROLLER",
    "SUPPLIER", "AUTHORISED_USER", "REFERRED",
)  # fmt: skip
PRODUCT_CATEGORIES = ("DEMAND", "TERM", "LOAN", "CARD", "WEALTH", "FUND", "INSURANCE", "PAYROLL", "SERVICE")
ACCOUNT_OPENINGS = ("NEW", "RENEWED", "ROLLED")
TRANSACTION_KINDS = (
    "CASH_IN", "CASH_OUT", "TRANSFER_IN", "TRANSFER_OUT", "CARD_PURCHASE", "CARD_CASH", "INTEREST",
    "FEE", "SALARY", "PENSION", "LOAN_DRAWDOWN", "LOAN_REPAYMENT", "SUBSCRIPTION", "REDEMPTION",
    "PENALTY", "REVERSAL",
)  # fmt: skip
CHANNELS = ("COUNTER", "ATM", "MOBILE", "ONLINE", "POS", "PHONE", "BANK")
EVENT_KINDS = ("COMPLAINT", "OBJECTION", "ANSWER", "REFERRAL", "CONTACT", "VISIT", "HOLDINGS_ELSEWHERE")
EVENT_OUTCOMES = (
    "OPEN", "FOUNDED", "UNFOUNDED", "WITHDRAWN", "VALID", "INVALID", "QUALIFIED", "UNQUALIFIED", "DONE",
)  # fmt: skip
CURRENCY = "CNY"
"""In which events state amounts. They have no currency of their own: others are converted by who delivers them."""
_FINDINGS = ("OPEN", "FOUNDED", "UNFOUNDED", "WITHDRAWN")
EVENT_RULES: dict[str, EventRule] = {
    "COMPLAINT": EventRule(_FINDINGS, ("severity",)),
    "OBJECTION": EventRule(_FINDINGS),
    "ANSWER": EventRule(("VALID", "INVALID"), ("satisfaction", "intention")),
    "REFERRAL": EventRule(("OPEN", "QUALIFIED", "UNQUALIFIED")),
    "CONTACT": EventRule(("DONE",)),
    "VISIT": EventRule(("DONE",)),
    "HOLDINGS_ELSEWHERE": EventRule(("VALID", "INVALID"), ("amount_cents",)),
}
"""The register of kinds: what is delivered by file and what is pushed by programs is held against it alike."""

_T, _N, _D, _B = Type.TEXT, Type.BIGINT, Type.DATE, Type.BOOLEAN
_C2 = Privacy.PERSONAL

OUTLETS = Table(
    "outlets",
    ("outlet_code",),
    (
        Column("outlet_code", _T, required=True),
        Column("name", _T, required=True),
        Column("kind", _T, required=True, codes=UNIT_KINDS),
        Column("parent_code", _T, refers="outlets"),
        Column("region", _T),
    ),
)
STAFF = Table(
    "staff",
    ("staff_no",),
    (
        Column("staff_no", _T, required=True),
        Column("name", _T, required=True, privacy=_C2),
        Column("post", _T, required=True),  # a post code of zhike.staff; checked when loaded
        Column("outlet_code", _T, required=True, refers="outlets"),
        Column("hired_on", _D),
        Column("left_on", _D),
    ),
)
CUSTOMERS = Table(
    "customers",
    ("customer_no",),
    (
        Column("customer_no", _T, required=True),
        Column("kind", _T, required=True, codes=CUSTOMER_KINDS),
        Column("name", _T, privacy=_C2),  # absent in pseudonymous banks; shown as the customer number
        Column("sex", _T, codes=SEXES),
        Column("birth_on", _D, privacy=_C2, check="birth_date"),
        Column("id_type", _T, codes=ID_TYPES),
        Column("id_no", _T, privacy=_C2, check="id_number"),
        Column("phone", _T, privacy=_C2, check="phone"),
        Column("email", _T, privacy=_C2),
        Column("address", _T, privacy=_C2),
        Column("region", _T),
        Column("occupation", _T),
        Column("industry", _T),
        Column("business_type", _T, required=True, codes=BUSINESS_TYPES),
        Column("customer_group", _T, required=True, codes=CUSTOMER_GROUPS),
        Column("outlet_code", _T, required=True, refers="outlets"),
        Column("manager_no", _T, refers="staff"),
        Column("opened_on", _D, required=True),
        Column("closed_on", _D),
    ),
)
RELATIONS = Table(
    "relations",
    ("from_customer_no", "to_customer_no", "kind"),
    (
        Column("from_customer_no", _T, required=True, refers="customers"),
        Column("to_customer_no", _T, required=True, refers="customers"),
        Column("kind", _T, required=True, codes=RELATION_KINDS),
        Column("since_on", _D),
    ),
)
PRODUCTS = Table(
    "products",
    ("product_code",),
    (
        Column("product_code", _T, required=True),
        Column("name", _T, required=True),
        Column("category", _T, required=True, codes=PRODUCT_CATEGORIES),
        Column("margin_ppm", _N, required=True),  # yearly margin on the average balance (spread to FTP)
        Column("loss_ppm", _N, required=True),  # yearly expected loss on the average balance (PD x LGD)
        Column("fee_cents", _N, required=True),  # yearly fee income of holding one
        Column("is_chosen", _B, required=True),  # opening one is a purchase decision (E.1), not a by-product
    ),
)
ACCOUNTS = Table(
    "accounts",
    ("account_no",),
    (
        Column("account_no", _T, required=True, privacy=_C2),
        Column("customer_no", _T, required=True, refers="customers"),
        Column("product_code", _T, required=True, refers="products"),
        Column("outlet_code", _T, required=True, refers="outlets"),
        Column("currency", _T, required=True),
        Column("principal_cents", _N),  # loans and term products: the agreed amount
        Column("opened_on", _D, required=True),
        Column("opening", _T, required=True, codes=ACCOUNT_OPENINGS),
        Column("matures_on", _D),
        Column("closed_on", _D),
    ),
)
BALANCES = Table(
    "balances",
    ("account_no", "month_on"),
    (
        Column("account_no", _T, required=True, refers="accounts"),
        Column("month_on", _D, required=True),  # first day of the month
        Column("average_cents", _N, required=True),  # monthly average daily balance
        Column("end_cents", _N, required=True),
    ),
    month="month_on",
)
TRANSACTIONS = Table(
    "transactions",
    ("txn_no",),
    (
        Column("txn_no", _T, required=True),
        Column("account_no", _T, required=True, refers="accounts"),
        Column("booked_on", _D, required=True),
        Column("kind", _T, required=True, codes=TRANSACTION_KINDS),
        Column("amount_cents", _N, required=True),  # from the account's view: in is +, out is -
        Column("channel", _T, required=True, codes=CHANNELS),
        Column("balance_cents", _N),  # running balance after the row, where the source gives it
        Column("purpose", _T),
        Column("counter_bank", _T),
    ),
    month="booked_on",
)
EVENTS = Table(
    "events",
    ("event_no",),
    (
        Column("event_no", _T, required=True, longest=60),
        Column("customer_no", _T, required=True, refers="customers"),
        Column("kind", _T, required=True, codes=EVENT_KINDS),
        Column("happened_on", _D, required=True),
        Column("outcome", _T, required=True, codes=EVENT_OUTCOMES),
        Column("severity", _N, least=1, most=3),  # weight of a complaint
        Column("satisfaction", _N, least=1, most=5),
        Column("intention", _N, least=0, most=10),  # would recommend
        Column("amount_cents", _N, least=0, most=10**15 - 1),  # declared assets
        Column("staff_no", _T, refers="staff"),
    ),
    month="happened_on",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        OUTLETS, STAFF, CUSTOMERS, RELATIONS, PRODUCTS, ACCOUNTS, BALANCES, TRANSACTIONS, EVENTS,
    )
}  # fmt: skip
"""In load order: a table refers only to itself and to tables before it."""

LAKE_COLUMNS: dict[str, tuple[tuple[str, Type], ...]] = {
    # What the computation reads (views of these names): surrogate ids, no personal data.
    "customers": (
        ("customer_id", _N), ("kind", _T), ("business_type", _T), ("customer_group", _T), ("outlet_id", _N),
        ("opened_on", _D), ("closed_on", _D),
    ),
    "products": (
        ("product_id", _N), ("category", _T), ("margin_ppm", _N), ("loss_ppm", _N), ("fee_cents", _N),
        ("is_chosen", _B),
    ),
    "accounts": (
        ("account_id", _N), ("customer_id", _N), ("product_id", _N), ("principal_cents", _N),
        ("opened_on", _D), ("opening", _T), ("matures_on", _D), ("closed_on", _D),
    ),
    "balances": (
        ("account_id", _N), ("customer_id", _N), ("month_on", _D), ("average_cents", _N), ("end_cents", _N),
    ),
    "transactions": (
        ("txn_no", _T), ("account_id", _N), ("customer_id", _N), ("booked_on", _D), ("kind", _T),
        ("amount_cents", _N), ("channel", _T), ("balance_cents", _N), ("purpose", _T), ("counter_bank", _T),
    ),
    "events": (
        ("event_no", _T), ("customer_id", _N), ("kind", _T), ("happened_on", _D), ("outcome", _T),
        ("severity", _N), ("satisfaction", _N), ("intention", _N), ("amount_cents", _N),
    ),
    "relations": (("from_customer_id", _N), ("to_customer_id", _N), ("kind", _T), ("since_on", _D)),
}  # fmt: skip
