"""The closed catalogue of indicators (L-37): what each means, needs, allows and can be told.

A bank chooses from here and sets numbers; it never writes a formula. An indicator's arithmetic is the
reviewed fragment `sql/indicators/<code>.sql`; a change of meaning raises `version`, and the versions of
the indicators in use are part of a scheme's frozen form.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Whether more of it means more loyal."""

    UP = "UP"
    DOWN = "DOWN"


class Nature(StrEnum):
    """What a customer thinks or what a customer does; loyalty needs both (S-92)."""

    ATTITUDE = "ATTITUDE"
    BEHAVIOUR = "BEHAVIOUR"


class Window(StrEnum):
    """Which facts count: those of the scheme's window, or what stands on the date."""

    SCHEME = "SCHEME"
    DATE = "DATE"


class Policy(StrEnum):
    """What a customer without the fact gets, when the feed as such is loaded (formula E.6)."""

    ZERO = "ZERO"  # the fact's absence is the observation: no complaint
    GROUP_MEDIAN = "GROUP_MEDIAN"  # neutral: the lower median of the peers who have it, flagged imputed
    GROUP_MEAN = "GROUP_MEAN"  # the mean of the peers who have it, flagged imputed
    REDISTRIBUTE = "REDISTRIBUTE"  # not applicable: the weight goes to the other indicators


class Normaliser(StrEnum):
    """How a raw value becomes 0 to 100 (formula E.6)."""

    FIXED = "FIXED"  # low..high, straight and clipped
    RATIO = "RATIO"  # min(1, x / target)
    PERCENTILE = "PERCENTILE"  # middle rank within business type and customer group
    ZSCORE = "ZSCORE"  # normal share below, within business type and customer group


class State(StrEnum):
    """Where a customer's value of an indicator comes from."""

    OBSERVED = "OBSERVED"
    IMPUTED = "IMPUTED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    ABSENT = "ABSENT"  # the bank has never loaded the feed: nobody has it, nobody is judged by it


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number a scheme may set, with its unit and the range it may take."""

    name: str
    default: float
    minimum: float
    maximum: float
    unit: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of the catalogue.

    `policies` and `normalisers` list what is permitted, the usual one first. `needs` are the feeds without
    which it is absent; `reads` are feeds it uses when they are there. A feed is a table, or `events:KIND`.
    `measures` are the columns of the per-customer measures its fragment reads. `appraisal_allowed` says
    whether it may enter the appraisal of staff (T-58).
    """

    code: str
    version: int
    definition: str
    unit: str
    direction: Direction
    nature: Nature
    window: Window
    policies: tuple[Policy, ...]
    normalisers: tuple[Normaliser, ...]
    needs: tuple[str, ...]
    measures: tuple[str, ...]
    reads: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    appraisal_allowed: bool = True

    @property
    def column(self) -> str:
        """The prefix of its columns in the results: the code in lower case."""
        return self.code.lower()


NORMALISER_PARAMETERS: dict[Normaliser, tuple[Parameter, ...]] = {
    Normaliser.FIXED: (
        Parameter("low", 0.0, -1e12, 1e12, "of the indicator"),
        Parameter("high", 1.0, -1e12, 1e12, "of the indicator"),
    ),
    Normaliser.RATIO: (Parameter("target", 1.0, 1e-6, 1e12, "of the indicator"),),
    Normaliser.PERCENTILE: (
        Parameter("floor", 1.0, 0.0, 50.0, "points"),
        Parameter("ceiling", 99.0, 50.0, 100.0, "points"),
    ),
    Normaliser.ZSCORE: (),
}
"""Numbers of the normalisers. They may differ by business type; an indicator's own may not."""

_SWITCH = "0 or 1"

REPEAT_PURCHASE = Indicator(
    code="REPEAT_PURCHASE",
    version=1,
    definition="Decisions to take or renew a product after the first one in the window; or, by amount, the "
    "share of matured money placed with the bank again.",
    unit="purchases",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.REDISTRIBUTE,),
    normalisers=(Normaliser.RATIO, Normaliser.FIXED, Normaliser.PERCENTILE, Normaliser.ZSCORE),
    needs=("accounts",),
    measures=("purchase_count", "matured_count", "matured_cents", "renewed_cents"),
    parameters=(
        Parameter("count_rolled", 0.0, 0.0, 1.0, _SWITCH),
        Parameter("by_amount", 0.0, 0.0, 1.0, _SWITCH),
    ),
)
REFERRAL = Indicator(
    code="REFERRAL",
    version=1,
    definition="Qualified referrals in the window up to the target, blended with the latest stated intention "
    "to recommend where there is one.",
    unit="share",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.GROUP_MEDIAN, Policy.REDISTRIBUTE),
    normalisers=(Normaliser.FIXED, Normaliser.PERCENTILE),
    needs=("events:REFERRAL",),
    reads=("events:ANSWER",),
    measures=("referral_count", "answer_intention"),
    parameters=(
        Parameter("target", 3.0, 1.0, 100.0, "referrals"),
        Parameter("behaviour_share", 0.7, 0.0, 1.0, "share"),
        Parameter("promoter_from", 9.0, 1.0, 10.0, "of 10"),
    ),
)
COMPLAINT = Indicator(
    code="COMPLAINT",
    version=2,
    definition="Severity of the complaints in the window that were found justified, with a smaller weight for "
    "justified objections, up to a cap. What was withdrawn or unfounded counts nothing.",
    unit="severity",
    direction=Direction.DOWN,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.ZERO,),
    normalisers=(Normaliser.RATIO, Normaliser.FIXED),
    needs=("events:COMPLAINT",),
    reads=("events:OBJECTION",),
    measures=("complaint_weight", "objection_count"),
    parameters=(
        Parameter("cap", 3.0, 1.0, 100.0, "severity"),
        Parameter("objection_weight", 0.5, 0.0, 3.0, "severity"),
    ),
    appraisal_allowed=False,
)
SATISFACTION = Indicator(
    code="SATISFACTION",
    version=1,
    definition="The latest valid answer in the window, fading with age toward the mean of the peers.",
    unit="of 5",
    direction=Direction.UP,
    nature=Nature.ATTITUDE,
    window=Window.SCHEME,
    policies=(Policy.GROUP_MEAN, Policy.REDISTRIBUTE),
    normalisers=(Normaliser.FIXED, Normaliser.ZSCORE),
    needs=("events:ANSWER",),
    measures=("answer_satisfaction", "answer_days"),
    parameters=(Parameter("half_life_months", 12.0, 1.0, 120.0, "months"),),
)
LIFETIME_VALUE = Indicator(
    code="LIFETIME_VALUE",
    version=2,
    definition="Yearly contractual margin less expected loss plus fees less what serving the customer costs, "
    "times the discounted chance that a customer of this age stays, over the horizon.",
    unit="currency",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.ZERO,),
    normalisers=(Normaliser.PERCENTILE, Normaliser.FIXED, Normaliser.ZSCORE),
    needs=("accounts", "balances"),
    reads=("transactions",),
    measures=("margin_cents", "product_fee_cents", "charged_fee_cents", "counter_count", "remote_count"),
    parameters=(
        Parameter("horizon_years", 5.0, 1.0, 50.0, "years"),
        Parameter("discount", 0.08, 0.0, 1.0, "a year"),
        Parameter("product_fee_share", 1.0, 0.0, 1.0, "share"),
        Parameter("charged_fee_share", 1.0, 0.0, 1.0, "share"),
        Parameter("counter_cost", 0.0, 0.0, 1e4, "currency a transaction"),
        Parameter("remote_cost", 0.0, 0.0, 1e4, "currency a transaction"),
        Parameter("least_losses", 30.0, 1.0, 1e6, "customers lost"),
        Parameter("stated_alpha", 0.6681, 1e-6, 1e6, "sBG"),
        Parameter("stated_beta", 3.8061, 1e-6, 1e6, "sBG"),
    ),
)
TENURE = Indicator(
    code="TENURE",
    version=1,
    definition="How long the customer has been with the bank, in completed months.",
    unit="years",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.DATE,
    policies=(Policy.ZERO,),
    normalisers=(Normaliser.RATIO, Normaliser.FIXED, Normaliser.PERCENTILE, Normaliser.ZSCORE),
    needs=("customers",),
    measures=(),
)
PRODUCT_BREADTH = Indicator(
    code="PRODUCT_BREADTH",
    version=1,
    definition="Categories of products the customer holds on the date.",
    unit="categories",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.DATE,
    policies=(Policy.ZERO,),
    normalisers=(Normaliser.RATIO, Normaliser.FIXED, Normaliser.PERCENTILE, Normaliser.ZSCORE),
    needs=("accounts",),
    measures=("category_count",),
)
BALANCE_TREND = Indicator(
    code="BALANCE_TREND",
    version=1,
    definition="Assets of the last months against the average of the months before them in the window; "
    "1 is unchanged.",
    unit="ratio",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.REDISTRIBUTE, Policy.GROUP_MEDIAN),
    normalisers=(Normaliser.FIXED, Normaliser.PERCENTILE),
    needs=("accounts", "balances"),
    measures=("recent_cents", "earlier_cents", "earlier_months"),
)
DIGITAL_ACTIVITY = Indicator(
    code="DIGITAL_ACTIVITY",
    version=1,
    definition="Share of the customer's own transactions in the window done by mobile or internet bank.",
    unit="share",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.REDISTRIBUTE, Policy.GROUP_MEDIAN, Policy.ZERO),
    normalisers=(Normaliser.FIXED, Normaliser.PERCENTILE, Normaliser.ZSCORE),
    needs=("transactions",),
    measures=("digital_count", "acted_count"),
)
SHARE_OF_WALLET = Indicator(
    code="SHARE_OF_WALLET",
    version=1,
    definition="Assets with the bank out of these and the latest declared assets elsewhere.",
    unit="share",
    direction=Direction.UP,
    nature=Nature.BEHAVIOUR,
    window=Window.SCHEME,
    policies=(Policy.REDISTRIBUTE, Policy.GROUP_MEDIAN),
    normalisers=(Normaliser.FIXED, Normaliser.PERCENTILE, Normaliser.ZSCORE),
    needs=("accounts", "balances", "events:HOLDINGS_ELSEWHERE"),
    measures=("recent_cents", "elsewhere_cents"),
)

CATALOGUE: dict[str, Indicator] = {
    indicator.code: indicator
    for indicator in (
        REPEAT_PURCHASE, REFERRAL, COMPLAINT, SATISFACTION, LIFETIME_VALUE,
        TENURE, PRODUCT_BREADTH, BALANCE_TREND, DIGITAL_ACTIVITY, SHARE_OF_WALLET,
    )
}  # fmt: skip
"""By code. The first five are those the rules name (L-37)."""

MEASURES: dict[str, str] = {
    "purchase_count": "accounts", "matured_count": "accounts", "matured_cents": "accounts",
    "renewed_cents": "accounts", "category_count": "accounts", "product_fee_cents": "accounts",
    "margin_cents": "balances", "recent_cents": "balances", "earlier_cents": "balances",
    "earlier_months": "balances",
    "charged_fee_cents": "transactions", "digital_count": "transactions", "acted_count": "transactions",
    "counter_count": "transactions", "remote_count": "transactions",
    "complaint_weight": "events", "objection_count": "events", "referral_count": "events",
    "answer_satisfaction": "events", "answer_days": "events", "answer_intention": "events", "elsewhere_cents": "events",
}  # fmt: skip
"""Which file of `sql/measures` gives a column. A file is run only if one of its columns is used."""
