"""Words for the codes of the facts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductCategory(models.TextChoices):
    DEMAND = "DEMAND", _("Demand deposit")
    TERM = "TERM", _("Term deposit")
    LOAN = "LOAN", _("Loan")
    CARD = "CARD", _("Credit card")
    WEALTH = "WEALTH", _("Wealth product")
    FUND = "FUND", _("Fund")
    INSURANCE = "INSURANCE", _("Insurance")
    PAYROLL = "PAYROLL", _("Payroll service")
    SERVICE = "SERVICE", _("Fee service")


ASSETS = ("DEMAND", "TERM", "WEALTH", "FUND", "INSURANCE")
"""The categories that make up the customer's financial assets, AUM (formula E.10)."""


class AccountOpening(models.TextChoices):
    NEW = "NEW", _("Newly opened")
    RENEWED = "RENEWED", _("Renewed by the customer")
    ROLLED = "ROLLED", _("Rolled over automatically")


class TransactionKind(models.TextChoices):
    CASH_IN = "CASH_IN", _("Cash paid in")
    CASH_OUT = "CASH_OUT", _("Cash paid out")
    TRANSFER_IN = "TRANSFER_IN", _("Transfer in")
    TRANSFER_OUT = "TRANSFER_OUT", _("Transfer out")
    CARD_PURCHASE = "CARD_PURCHASE", _("Card purchase")
    CARD_CASH = "CARD_CASH", _("Cash by card")
    INTEREST = "INTEREST", _("Interest")
    FEE = "FEE", _("Fee")
    SALARY = "SALARY", _("Salary")
    PENSION = "PENSION", _("Pension")
    LOAN_DRAWDOWN = "LOAN_DRAWDOWN", _("Loan drawdown")
    LOAN_REPAYMENT = "LOAN_REPAYMENT", _("Loan repayment")
    SUBSCRIPTION = "SUBSCRIPTION", _("Subscription")
    REDEMPTION = "REDEMPTION", _("Redemption of a product")
    PENALTY = "PENALTY", _("Penalty interest")
    REVERSAL = "REVERSAL", _("Reversal")


class Channel(models.TextChoices):
    COUNTER = "COUNTER", _("Counter")
    ATM = "ATM", _("ATM")
    MOBILE = "MOBILE", _("Mobile banking")
    ONLINE = "ONLINE", _("Internet banking")
    POS = "POS", _("Card terminal")
    PHONE = "PHONE", _("Telephone")
    BANK = "BANK", _("Booked by the bank")


class EventKind(models.TextChoices):
    COMPLAINT = "COMPLAINT", _("Complaint")
    OBJECTION = "OBJECTION", _("Objection")
    ANSWER = "ANSWER", _("Survey answer")
    REFERRAL = "REFERRAL", _("Referral")
    CONTACT = "CONTACT", _("Contact made")
    VISIT = "VISIT", _("Visit")
    HOLDINGS_ELSEWHERE = "HOLDINGS_ELSEWHERE", _("Assets at other banks")


class EventOutcome(models.TextChoices):
    OPEN = "OPEN", _("In progress")
    FOUNDED = "FOUNDED", _("Founded")
    UNFOUNDED = "UNFOUNDED", _("Unfounded")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    VALID = "VALID", _("Valid")
    INVALID = "INVALID", _("Invalid")
    QUALIFIED = "QUALIFIED", _("Qualified")
    UNQUALIFIED = "UNQUALIFIED", _("Not qualified")
    DONE = "DONE", _("Done")


class BatchState(models.TextChoices):
    READING = "READING", _("Being read")
    PREVIEW = "PREVIEW", _("Waiting for confirmation")
    LOADING = "LOADING", _("Being loaded")
    LOADED = "LOADED", _("Loaded")
    REFUSED = "REFUSED", _("Refused")
    DISCARDED = "DISCARDED", _("Discarded")


NEXT_BATCH_STATE: dict[BatchState, frozenset[BatchState]] = {
    BatchState.READING: frozenset({BatchState.PREVIEW, BatchState.REFUSED, BatchState.DISCARDED}),
    BatchState.PREVIEW: frozenset({BatchState.LOADING, BatchState.DISCARDED}),
    # A load that fails waits again; one that died is begun anew or discarded.
    BatchState.LOADING: frozenset({BatchState.LOADED, BatchState.PREVIEW, BatchState.DISCARDED}),
    BatchState.LOADED: frozenset(),
    BatchState.REFUSED: frozenset({BatchState.DISCARDED}),
    BatchState.DISCARDED: frozenset(),
}


class PushOutcome(models.TextChoices):
    """What became of an event that a program pushed."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    DUPLICATE = "DUPLICATE", _("Known already")
    REFUSED = "REFUSED", _("Refused")


class RejectPurpose(models.TextChoices):
    """Why somebody takes the rejected rows in the clear."""

    REPAIR = "REPAIR", _("To have the source system corrected")
    MAPPING = "MAPPING", _("To adapt the mapping")
    CHECK = "CHECK", _("Compliance check")
