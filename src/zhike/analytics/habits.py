"""What counts as a purchase at a bank, and the pasts of customers read from the facts (T-28, formulas E.1, E.5).

Where the bank sees a customer stay (loans, salary accounts, the relation itself) value is contractual: margin times
survival, `survival`. Two habits have no contract and end without notice: paying by card, and taking wealth, fund and
insurance products by decision. Those are read here, a day with a purchase counting once.

The reading begins on a day. Who bought before is taken up at the first purchase since, like everybody else: rates
and chances are then those of customers who were there, not of newly won ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from zhike.analytics import plan
from zhike.analytics.engine import Engine, Value
from zhike.analytics.purchases import Purchases
from zhike.analytics.spend import Spending

Numbers = NDArray[np.float64]

ALL = "ALL"
"""Every business type together."""


class Habit(StrEnum):
    """What customers do without a contract. Each is one text below `sql/purchases`."""

    CARD = "CARD"
    INVESTMENT = "INVESTMENT"


@dataclass(frozen=True, slots=True)
class Reading:
    """From which day on purchases count, the date the past ends, and the day up to which a hold-out looks ahead.

    Without a hold-out `until` is the date itself.
    """

    bought_from: date
    as_of: date
    until: date

    def __post_init__(self) -> None:
        if not self.bought_from < self.as_of <= self.until:
            raise ValueError("a reading begins before its date, and looks ahead from it")

    @property
    def ahead_days(self) -> int:
        """Days of the hold-out."""
        return (self.until - self.as_of).days

    def parameters(self) -> dict[str, Value]:
        """What the texts bind."""
        recent_after = max(self.as_of - timedelta(self.ahead_days), self.bought_from - timedelta(1))
        return {
            "bought_from": self.bought_from,
            "as_of": self.as_of,
            "until": self.until,
            "recent_after": recent_after,
        }


@dataclass(frozen=True, eq=False, slots=True)
class Pasts:
    """Customers by what they did until the date and after it, counted. `recent` are the purchases of as many days
    before the date as the hold-out has after it."""

    repeats: Numbers
    recency: Numbers
    age: Numbers
    recent: Numbers
    further: Numbers
    customers: Numbers

    @property
    def past(self) -> tuple[Numbers, Numbers, Numbers]:
        """(x, t_x, T) as the models take them, in days."""
        return self.repeats, self.recency, self.age

    def purchases(self) -> Purchases:
        """The sufficient statistics. Raises CannotFit."""
        return Purchases.of(*self.past, self.customers)


def keep_pasts(engine: Engine, habit: Habit, reading: Reading) -> None:
    """Keep `bought` and `pasts` in the engine: the only steps that read the facts."""
    bound = reading.parameters()
    engine.keep("bought", plan.text(f"purchases/{habit.lower()}"), bound)
    engine.keep("pasts", pasts_text(), bound)


def pasts_text() -> str:
    """The query of the pasts, over the customers with the bank on the date."""
    return plan.text("purchases/pasts").format(scope=plan.text("scope"))


def read_pasts(engine: Engine) -> dict[str, Pasts]:
    """Return the kept pasts by business type, and of all as ALL; a type nobody bought in has no entry."""
    rows = sorted(engine.fetch(plan.text("purchases/grouped"), {}))
    by_type: dict[str, list[tuple[float, ...]]] = {}
    for business_type, _, *numbers in rows:
        for name in (business_type, ALL):
            by_type.setdefault(name, []).append(tuple(numbers))
    return {name: Pasts(*np.array(listed, dtype=float).T) for name, listed in sorted(by_type.items())}


def read_spending(engine: Engine) -> dict[str, Spending]:
    """Return mean spends at a repeat purchase in cents by business type, and of all as ALL. Raises CannotFit."""
    by_type: dict[str, list[tuple[float, float, int]]] = {}
    for business_type, repeats, _, _, customers, cents in sorted(
        engine.fetch(plan.text("purchases/spending"), {})
    ):
        for name in (business_type, ALL):
            by_type.setdefault(name, []).append((repeats, cents / (customers * repeats), customers))
    return {name: Spending.of(*np.array(listed, dtype=float).T) for name, listed in sorted(by_type.items())}


def read_tracked(engine: Engine, reading: Reading) -> dict[str, Numbers]:
    """Return repeat purchases by day since the reading began, by business type, and of all as ALL."""
    length = (reading.until - reading.bought_from).days + 1
    found: dict[str, Numbers] = {}
    for business_type, day, count in engine.fetch(plan.text("purchases/tracked"), reading.parameters()):
        for name in (business_type, ALL):
            found.setdefault(name, np.zeros(length))[day] += count
    return dict(sorted(found.items()))
