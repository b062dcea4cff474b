"""Codes of the computation in words: indicators, raw values with their unit, problems of a scheme."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhike.analytics.indicators import CATALOGUE, Normaliser, Policy
from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.scheme_problems import Code, Problem
from zhike.core import formats
from zhike.loyalty.queries.weight_sets import (
    customers_in_words,
    every_combination,
    split_customers,
    weight_set_code,
)

INDICATOR_LABELS: dict[str, Promise] = {
    "REPEAT_PURCHASE": gettext_lazy("Repeat purchase rate"),
    "REFERRAL": gettext_lazy("Referral rate"),
    "COMPLAINT": gettext_lazy("Complaint rate"),
    "SATISFACTION": gettext_lazy("Satisfaction"),
    "LIFETIME_VALUE": gettext_lazy("Lifetime value"),
    "TENURE": gettext_lazy("Years with the bank"),
    "PRODUCT_BREADTH": gettext_lazy("Product breadth"),
    "BALANCE_TREND": gettext_lazy("Balance trend"),
    "DIGITAL_ACTIVITY": gettext_lazy("Digital activity"),
    "SHARE_OF_WALLET": gettext_lazy("Share of wallet"),
}

DEFINITIONS: dict[str, Promise] = {
    "REPEAT_PURCHASE": gettext_lazy(
        "Decisions to take or renew a product after the first one in the window. Automatic renewals count only "
        "if the scheme says so."
    ),
    "REFERRAL": gettext_lazy(
        "Qualified referrals in the window up to a target, blended with the latest stated intention to recommend."
    ),
    "COMPLAINT": gettext_lazy(
        "Severity of complaints in the window that were found justified. A withdrawn or unfounded complaint "
        "counts nothing: using the right to complain is not punished."
    ),
    "SATISFACTION": gettext_lazy(
        "The latest valid answer in the window; the older it is, the closer it moves to the mean of the group."
    ),
    "LIFETIME_VALUE": gettext_lazy(
        "Yearly margin less expected loss plus fees, times the chance that a customer of this age stays, over "
        "the horizon and discounted."
    ),
    "TENURE": gettext_lazy("How long the customer has been with the bank."),
    "PRODUCT_BREADTH": gettext_lazy("Categories of products held on the date."),
    "BALANCE_TREND": gettext_lazy(
        "Assets of the last months against the average of the months before them in the window."
    ),
    "DIGITAL_ACTIVITY": gettext_lazy(
        "Share of the customer's own transactions done by mobile or internet bank."
    ),
    "SHARE_OF_WALLET": gettext_lazy("Assets with us out of these and the declared assets elsewhere."),
}

POLICY_LABELS: dict[str, Promise] = {
    Policy.ZERO: gettext_lazy("Nothing happened is the observation"),
    Policy.GROUP_MEDIAN: gettext_lazy("Median of the group, marked as estimated"),
    Policy.GROUP_MEAN: gettext_lazy("Mean of the group, marked as estimated"),
    Policy.REDISTRIBUTE: gettext_lazy("Does not apply; the weight goes to the other indicators"),
}

NORMALISER_LABELS: dict[str, Promise] = {
    Normaliser.FIXED: gettext_lazy("Straight between two bounds"),
    Normaliser.RATIO: gettext_lazy("Share of a target"),
    Normaliser.PERCENTILE: gettext_lazy("Rank within business type and group"),
    Normaliser.ZSCORE: gettext_lazy("Distance from the mean of the group"),
}

PARAMETER_LABELS: dict[str, Promise] = {
    "low": gettext_lazy("Lower bound"),
    "high": gettext_lazy("Upper bound"),
    "target": gettext_lazy("Target"),
    "floor": gettext_lazy("Lowest rank counted"),
    "ceiling": gettext_lazy("Highest rank counted"),
    "count_rolled": gettext_lazy("Count automatic renewals"),
    "by_amount": gettext_lazy("Measure by matured amount"),
    "behaviour_share": gettext_lazy("Share of behaviour"),
    "promoter_from": gettext_lazy("Promoter from (of 10)"),
    "cap": gettext_lazy("Cap"),
    "objection_weight": gettext_lazy("Weight of a justified objection"),
    "half_life_months": gettext_lazy("Half-life of an answer (months)"),
    "horizon_years": gettext_lazy("Horizon (years)"),
    "discount": gettext_lazy("Discount a year"),
    "product_fee_share": gettext_lazy("Share of product fees"),
    "charged_fee_share": gettext_lazy("Share of charged fees"),
    "counter_cost": gettext_lazy("Cost of a transaction at the counter"),
    "remote_cost": gettext_lazy("Cost of a transaction elsewhere"),
    "least_losses": gettext_lazy("Losses needed to fit retention"),
    "stated_alpha": gettext_lazy("Stated retention, alpha"),
    "stated_beta": gettext_lazy("Stated retention, beta"),
}

ADVICE: dict[str, Promise] = {
    "REPEAT_PURCHASE": gettext_lazy("Ask what is maturing soon and where the money is meant to go."),
    "REFERRAL": gettext_lazy(
        "Thank for earlier referrals and ask whether something spoilt the wish to recommend."
    ),
    "COMPLAINT": gettext_lazy(
        "Speak about the complaint and its result first; sell nothing in this contact."
    ),
    "SATISFACTION": gettext_lazy("Ask what was meant by the last answer before proposing anything."),
    "LIFETIME_VALUE": gettext_lazy("Look at balances that have left and ask about plans for them."),
    "TENURE": gettext_lazy("Acknowledge the years with the bank."),
    "PRODUCT_BREADTH": gettext_lazy("Find out which closed product is now used elsewhere, and why."),
    "BALANCE_TREND": gettext_lazy("Money is leaving: ask for the purpose before offering a rate."),
    "DIGITAL_ACTIVITY": gettext_lazy("Offer help with the mobile bank or a counter appointment."),
    "SHARE_OF_WALLET": gettext_lazy("Ask what the other bank does better."),
}

WEIGHT_SET_LABELS: dict[str, Promise] = {
    "GENERAL": gettext_lazy("All customers"),
    "RETAIL_GENERAL": gettext_lazy("Retail, general"),
    "RETAIL_WEALTH": gettext_lazy("Retail, wealth and private banking"),
    "RETAIL_CARD": gettext_lazy("Retail, mainly credit card"),
    "RETAIL": gettext_lazy("Retail"),
    "MICRO": gettext_lazy("Small and micro business"),
    "CORPORATE": gettext_lazy("Corporate"),
    "PROJECT": gettext_lazy("Project finance and groups"),
}

WARNINGS: dict[str, Promise] = {
    "TOO_MANY_LOW": gettext_lazy("More customers fall into the low tier than the scheme's limit allows."),
    "TOO_FEW_HIGH": gettext_lazy("Fewer customers reach the high tier than the scheme's limit asks for."),
    "FEED_ABSENT": gettext_lazy("At least one indicator has no data; its weight goes to the others."),
}

FEEDS: dict[str, Promise] = {
    "customers": gettext_lazy("customer records"),
    "accounts": gettext_lazy("accounts"),
    "balances": gettext_lazy("balances"),
    "transactions": gettext_lazy("transactions"),
    "events:COMPLAINT": gettext_lazy("complaints"),
    "events:OBJECTION": gettext_lazy("objections"),
    "events:ANSWER": gettext_lazy("survey answers"),
    "events:REFERRAL": gettext_lazy("referrals"),
    "events:HOLDINGS_ELSEWHERE": gettext_lazy("declared holdings elsewhere"),
    "products": gettext_lazy("products"),
    "relations": gettext_lazy("relations"),
    "events": gettext_lazy("events"),
    "results": gettext_lazy("results"),
}


def indicator_label(code: str) -> str:
    """The name of an indicator."""
    return str(INDICATOR_LABELS.get(code, code))


def warning_words(code: str) -> str:
    """What a warning of a run says."""
    return str(WARNINGS.get(code, code))


def feed_label(code: str) -> str:
    """The name of a table or feed of the facts."""
    return str(FEEDS.get(code, code))


def weight_set_label(code: str) -> str:
    """The name of a weight set: that of a scheme that ships, or the customers it is for."""
    if code in WEIGHT_SET_LABELS:
        return str(WEIGHT_SET_LABELS[code])
    pair = next(
        (pair for pair in map(split_customers, every_combination()) if weight_set_code(*pair) == code), None
    )
    return customers_in_words(*pair) if pair else code


def raw_in_words(code: str, raw: float | None, spec: SchemeSpec | None = None) -> str:
    """A raw value with its unit, as the bank's staff would say it."""
    if raw is None:
        return formats.NONE
    if code == "REPEAT_PURCHASE" and not (spec and spec.use(code).number("by_amount")):
        return ngettext("%(count)s repeat purchase", "%(count)s repeat purchases", int(raw)) % {
            "count": formats.grouped(raw)
        }
    match CATALOGUE[code].unit:
        case "share" | "purchases":
            return formats.share(raw)
        case "severity":
            return _("severity %(value)s") % {"value": formats.grouped(raw, 0 if raw == int(raw) else 1)}
        case "of 5":
            return _("%(value)s of 5") % {"value": formats.grouped(raw, 1)}
        case "currency":
            return formats.amount(int((Decimal(str(raw)) * 100).to_integral_value()))
        case "years":
            return _("%(value)s years") % {"value": formats.grouped(raw, 1)}
        case "categories":
            return ngettext("%(count)s category", "%(count)s categories", int(raw)) % {
                "count": formats.grouped(raw)
            }
        case _:
            return formats.share(raw)


def problem_in_words(problem: Problem) -> str:
    """One problem of a scheme as a sentence with its figures (L-38…L-40)."""
    figures: dict[str, Any] = dict(problem.figures)
    where = indicator_label(problem.where) if problem.where in CATALOGUE else weight_set_label(problem.where)
    match problem.code:
        case Code.WEIGHTS_NOT_WHOLE:
            total = formats.grouped(Decimal(figures["sum"]) / 100, 0 if figures["sum"] % 100 == 0 else 2)
            return _("The weights of “%(set)s” add up to %(sum)s%%, not 100%%.") % {
                "set": where,
                "sum": total,
            }
        case Code.AMBIGUOUS_WEIGHT_SET:
            customers = customers_in_words(*split_customers(problem.where))
            return _("Two weight sets are for the same customers: %(customers)s.") % {"customers": customers}
        case Code.THRESHOLDS_ORDER:
            return _(
                "The threshold of the high tier (%(high)s) must lie above that of the medium tier (%(medium)s), "
                "both between 0 and 100."
            ) % {name: formats.grouped(value, 0) for name, value in figures.items()}
        case Code.WINDOW_TOO_SHORT:
            return (
                _("The window is %(months)s months; loyalty is judged over at least %(minimum)s months.")
                % figures
            )
        case Code.PARAMETER_OUT_OF_RANGE:
            figures["parameter"] = PARAMETER_LABELS.get(figures["parameter"], figures["parameter"])
            return _(
                "%(where)s: “%(parameter)s” is %(value)s; it must lie between %(minimum)s and %(maximum)s."
            ) % {"where": where, **figures}
        case Code.NUMBER_OUT_OF_RANGE:
            return (
                _("A number lies outside its range: %(value)s, allowed is %(minimum)s to %(maximum)s.")
                % figures
            )
        case Code.WEIGHT_OF_UNUSED_INDICATOR:
            return _("“%(set)s” weighs an indicator the scheme does not use: %(indicator)s.") % {
                "set": where,
                "indicator": indicator_label(figures["indicator"]),
            }
        case _:
            sentence = _PROBLEMS.get(problem.code)
            return f"{where}{_(': ')}{sentence}" if problem.where else str(sentence)


_PROBLEMS: dict[Code, Promise] = {
    Code.NO_INDICATOR: gettext_lazy("The scheme uses no indicator."),
    Code.UNKNOWN_INDICATOR: gettext_lazy("this indicator is not in the catalogue."),
    Code.REPEATED_INDICATOR: gettext_lazy("this indicator stands twice in the scheme."),
    Code.POLICY_NOT_PERMITTED: gettext_lazy("this rule for missing data is not permitted here."),
    Code.NORMALISER_NOT_PERMITTED: gettext_lazy("this way of scaling is not permitted here."),
    Code.MEAN_HAS_NO_RANK: gettext_lazy(
        "the mean of the group has no rank; choose another rule for missing data."
    ),
    Code.UNKNOWN_PARAMETER: gettext_lazy("a number is set that this indicator does not know."),
    Code.BOUNDS_ORDER: gettext_lazy("the lower bound must lie below the upper one."),
    Code.NEGATIVE_WEIGHT: gettext_lazy("a weight is negative."),
    Code.REPEATED_WEIGHT_SET: gettext_lazy("two weight sets have the same code."),
    Code.NO_DEFAULT_WEIGHT_SET: gettext_lazy("the default weight set does not exist."),
    Code.CYCLE_NOT_ALLOWED: gettext_lazy("A scheme is evaluated by quarter or by half-year."),
    Code.RECENT_NOT_WITHIN_WINDOW: gettext_lazy("The recent months must be fewer than the window."),
    Code.NO_ATTITUDE: gettext_lazy(
        "The scheme has no indicator of attitude (satisfaction): it sees what customers do, not what they think."
    ),
    Code.NO_BEHAVIOUR: gettext_lazy("The scheme has no indicator of behaviour."),
}
