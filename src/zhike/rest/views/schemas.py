"""The form of every answer. Names are those of the glossary; money is whole cents, rates are parts of one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhike.customers.enums import BusinessType, CustomerGroup, CustomerKind
from zhike.facts.enums import AccountOpening, ProductCategory
from zhike.loyalty.enums import Movement, RunState, Tier, ValueState
from zhike.rest.views.marks import N_
from zhike.rest.views.paging import PageQuery

PRINTABLE = r"^[^\x00-\x1f\x7f/]+$"
CustomerNumber = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=PRINTABLE)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=PRINTABLE)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[\x21-\x7e]+$")]
RowNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]


class CustomerQuery(PageQuery):
    """Which customers."""

    outlet: Code | None = Field(None, description=N_("Code of an outlet."))
    manager: Code | None = Field(None, description=N_("Staff number of the account manager."))
    kind: CustomerKind | None = Field(None, description=N_("Individual or enterprise."))
    business_type: BusinessType | None = Field(None, description=N_("Business type."))
    customer_group: CustomerGroup | None = Field(None, description=N_("Customer group."))
    with_closed: bool = Field(False, description=N_("Also customers who have left the bank."))


class Customer(Schema):
    """A customer as lists show one."""

    customer_no: str = Field(description=N_("Customer number."))
    name: str = Field(description=N_("Name, masked for individuals."))
    kind: CustomerKind = Field(description=N_("Individual or enterprise."))
    business_type: BusinessType = Field(description=N_("Business type."))
    customer_group: CustomerGroup = Field(description=N_("Customer group."))
    outlet_code: str = Field(description=N_("Code of an outlet."))
    manager_no: str | None = Field(description=N_("Staff number of the account manager."))
    opened_on: date = Field(description=N_("Customer since."))
    closed_on: date | None = Field(description=N_("Left the bank on."))


class CustomerDetail(Customer):
    """A customer with the masked values of the file."""

    outlet_name: str = Field(description=N_("Name of the outlet."))
    region: str = Field(description=N_("Region."))
    occupation: str = Field(description=N_("Occupation."))
    industry: str = Field(description=N_("Industry."))
    age: int | None = Field(description=N_("Age in full years today."))
    id_type: str = Field(description=N_("Kind of identity document."))
    id_no: str = Field(description=N_("Number of the identity document, masked."))
    phone: str = Field(description=N_("Telephone number, masked."))
    email: str = Field(description=N_("E-mail address, masked."))
    address: str = Field(description=N_("Address, masked."))


class CustomerPage(Schema):
    """A page of customers."""

    items: list[Customer] = Field(description=N_("The rows."))
    next: str | None = Field(description=N_("Mark of the next page; null on the last one."))


class Account(Schema):
    """One product held."""

    account_no: str = Field(description=N_("Account number, masked."))
    product_code: str = Field(description=N_("Code of the product."))
    product_name: str = Field(description=N_("Name of the product."))
    category: ProductCategory = Field(description=N_("Category of the product."))
    currency: str = Field(description=N_("Currency, ISO 4217."))
    principal_cents: int | None = Field(description=N_("Agreed amount of loans and term products, in cents."))
    balance_cents: int | None = Field(description=N_("Balance at the latest month's end, in cents."))
    opened_on: date = Field(description=N_("Opened on."))
    opening: AccountOpening = Field(description=N_("How it was opened."))
    matures_on: date | None = Field(description=N_("Matures on."))
    closed_on: date | None = Field(description=N_("Closed on."))


class HoldingTotals(Schema):
    """What a customer holds in sum."""

    month_on: date = Field(description=N_("First day of the month the figures are of."))
    aum_cents: int = Field(description=N_("AUM at month end, in cents."))
    aum_before_cents: int | None = Field(description=N_("The same a month before, in cents."))
    average_cents: int = Field(description=N_("AUM, daily average of the month, in cents."))
    loan_cents: int = Field(description=N_("Loans owed, in cents."))
    product_count: int = Field(description=N_("Products held."))
    category_count: int = Field(description=N_("Categories held."))
    matures_on: date | None = Field(description=N_("Next maturity."))
    matures_cents: int = Field(description=N_("Amount maturing then, in cents."))


class Holdings(Schema):
    """What a customer holds."""

    customer_no: str = Field(description=N_("Customer number."))
    totals: HoldingTotals | None = Field(description=N_("Figures in sum; null before the first load."))
    accounts: list[Account] = Field(description=N_("Accounts, open ones first, at most 200."))
    account_count: int = Field(description=N_("All accounts."))


class ScoreQuery(PageQuery):
    """Which standings."""

    tier: Tier | None = Field(None, description=N_("Loyalty tier."))
    changed: bool | None = Field(
        None, description=N_("Only customers who changed with the last run, or only others.")
    )
    outlet: Code | None = Field(None, description=N_("Code of an outlet."))


class Score(Schema):
    """Where a customer stands by the last published evaluation."""

    customer_no: str = Field(description=N_("Customer number."))
    run: int = Field(description=N_("Number of the evaluation run."))
    tier: Tier = Field(description=N_("Loyalty tier."))
    computed_tier: Tier = Field(
        description=N_("The run's own tier; differs only while a tier set by hand is in force.")
    )
    tier_before: Tier | None = Field(description=N_("Tier of the run before."))
    score: float | None = Field(description=N_("Loyalty index, 0 to 100; null where data are too few."))
    score_before: float | None = Field(description=N_("Index of the run before."))
    score_change: float | None = Field(description=N_("Change of the index."))
    movement: Movement = Field(description=N_("How the tier came about."))
    available_weight: float = Field(description=N_("Share of the weights that had data."))
    is_sufficient: bool = Field(description=N_("Whether the data suffice for a statement."))
    is_provisional: bool = Field(description=N_("Whether the customer is too new for a final statement."))
    is_changed: bool = Field(description=N_("Whether this is a changed customer of the run."))
    causes: list[str] = Field(description=N_("Indicators that moved the index most."))
    since_on: date = Field(description=N_("In this tier since."))


class IndicatorScore(Schema):
    """One indicator's part in the index."""

    indicator: str = Field(description=N_("Code of the indicator."))
    raw: float | None = Field(description=N_("Raw value, in the indicator's own unit."))
    state: ValueState = Field(
        description=N_("Observed, estimated, does not apply or never loaded: O, I, N, A.")
    )
    value: float | None = Field(description=N_("Normalised value, 0 to 100."))
    weight: float = Field(description=N_("Weight in the index."))
    contribution: float = Field(description=N_("Points of the index."))
    peer_median: float | None = Field(description=N_("Median of the normalised value among peers."))


class ScoreDetail(Score):
    """A standing with its make-up."""

    period: str = Field(description=N_("Period evaluated, as 2026Q3."))
    as_of: date = Field(description=N_("Business date of the evaluation."))
    weight_set: str = Field(description=N_("Code of the weights used."))
    indicators: list[IndicatorScore] = Field(description=N_("Each indicator's part."))


class ScorePage(Schema):
    """A page of standings."""

    items: list[Score] = Field(description=N_("The rows."))
    next: str | None = Field(description=N_("Mark of the next page; null on the last one."))


class RunQuery(PageQuery):
    """Which runs."""

    state: RunState | None = Field(None, description=N_("State of the run."))
    scheme: Code | None = Field(None, description=N_("Code of the scheme."))


class Run(Schema):
    """An evaluation run."""

    id: int = Field(description=N_("Number of the evaluation run."))
    scheme: str = Field(description=N_("Code of the scheme."))
    period: str = Field(description=N_("Period evaluated, as 2026Q3."))
    number: int = Field(description=N_("Which run of the period."))
    as_of: date = Field(description=N_("Business date of the evaluation."))
    state: RunState = Field(description=N_("State of the run."))
    customer_count: int | None = Field(
        description=N_("Customers evaluated; null where there are too few to be told.")
    )
    changed_count: int | None = Field(
        description=N_("Changed customers, lost ones included; null where there are too few to be told.")
    )
    started_at: datetime = Field(description=N_("Started at."))
    computed_at: datetime | None = Field(description=N_("Computed at."))
    reviewed_at: datetime | None = Field(description=N_("Reviewed at."))
    published_at: datetime | None = Field(description=N_("Published at."))


class RunDetail(Run):
    """An evaluation run with what it rests on."""

    scheme_version: int = Field(description=N_("Version of the scheme."))
    reason: str = Field(description=N_("Why it was run again."))
    indicators: list[str] = Field(description=N_("Codes of the indicators, in their order."))
    warnings: list[str] = Field(description=N_("What the reviewer should look at."))
    batches: list[int] = Field(description=N_("Imports whose facts were used."))
    result_hash: str = Field(description=N_("Fingerprint of all results; equal inputs give an equal one."))


class RunPage(Schema):
    """A page of runs, the newest first."""

    items: list[Run] = Field(description=N_("The rows."))
    next: str | None = Field(description=N_("Mark of the next page; null on the last one."))


class RunOrder(Schema):
    """What to evaluate."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    scheme: Code = Field(description=N_("Code of the scheme."))
    as_of: date = Field(description=N_("Business date of the evaluation."))
    reason: Annotated[str, StringConstraints(max_length=500)] = Field(
        "", description=N_("Why a published period is evaluated again.")
    )


class Me(Schema):
    """Whose rights these are."""

    staff_no: str = Field(description=N_("Staff number."))
    name: str = Field(description=N_("Name of the person the token belongs to."))
    unit_code: str = Field(description=N_("Code of the unit."))
    scopes: list[str] = Field(description=N_("Rights the token was given."))
    rights: list[str] = Field(description=N_("Those of them the person holds today: what the token can do."))
    reaches: list[str] = Field(description=N_("Which customers the person's roles reach."))


class Health(Schema):
    """Whether the system answers."""

    status: str = Field(description=N_("“ok”, or there is no answer."))
    version: str = Field(description=N_("Version of the product."))
