"""Whom the bank keeps and whom it loses, how customers stand, and how closely they are tied to it (N-03, M-04).

One row a customer between two days (`sql/keeping/standing.sql`), and figures of groups from it: retention and churn
by kind (formula E.8), share of wallet and cross-selling (E.9), asset bands (E.10), RFM(P) (E.11), cohorts. Every
number of a rule is a parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from zhike.analytics import plan
from zhike.analytics.engine import Engine, Value
from zhike.analytics.habits import ALL

TIES = 7
"""Ways a customer may be tied to the bank: salary, a service for payments, mobile bank, card in use, wealth, loan,
pension or social benefits (formula E.8)."""

_MOST_CENTS = 2**62
_YEAR_MONTHS = 12
_YUAN = 100
_DEFAULT_BANDS = (0, 5 * 10**4, 20 * 10**4, 50 * 10**4, 200 * 10**4, 600 * 10**4, 1000 * 10**4)  # yuan (E.10)


class Standing(StrEnum):
    """How a customer of the first day stands on the second, by the gravest that is true (formula E.8)."""

    LEFT = "LEFT"  # the relation or the last account is closed
    SLEEPING = "SLEEPING"  # no act of his or her own for months, and next to no money
    ASSETS_LOST = "ASSETS_LOST"  # assets far below the year's peak
    PARTLY_LOST = "PARTLY_LOST"  # assets well below it, or a kind of product less
    KEPT = "KEPT"
    NEW = "NEW"  # not a customer on the first day


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the rules. `bands_cents` are lower bounds, rising, the first nought; a band holds its own."""

    recent_months: int = 3
    sleeping_months: int = 6
    sleeping_below_cents: int = 100 * _YUAN
    asset_loss: float = 0.5
    partial_loss: float = 0.2
    broad_from: int = 3
    classes: int = 5
    bands_cents: tuple[int, ...] = field(default=tuple(yuan * _YUAN for yuan in _DEFAULT_BANDS))

    def __post_init__(self) -> None:
        if (
            not self.bands_cents
            or self.bands_cents[0] != 0
            or list(self.bands_cents) != sorted(set(self.bands_cents))
        ):
            raise ValueError("bands begin at nought and rise")
        if not 0 < self.partial_loss <= self.asset_loss <= 1:
            raise ValueError("a partial loss is above nought and no more than a loss of assets")
        if min(self.recent_months, self.sleeping_months, self.classes) < 1:
            raise ValueError("months and classes are counted from one")

    def band_of(self, cents: int) -> int:
        """Return the band of an amount, from 1; below nought counts as nought."""
        return max(1, sum(cents >= bound for bound in self.bands_cents))


@dataclass(frozen=True, slots=True)
class Keeping:
    """Customers between two days. `starters` by how they stand; assets are those of starters on both days."""

    starters: dict[str, int]
    new_count: int
    start_cents: int
    end_cents: int

    @property
    def starter_count(self) -> int:
        """Customers on the first day."""
        return sum(self.starters.values())

    @property
    def end_count(self) -> int:
        """Customers on the second day."""
        return self.starter_count - self.starters.get(Standing.LEFT, 0) + self.new_count

    @property
    def retention(self) -> float | None:
        """Starters still there, as a share of starters; None without any (formula E.8)."""
        return _share(self.starter_count - self.starters.get(Standing.LEFT, 0), self.starter_count)

    @property
    def churn(self) -> float | None:
        """The share that left."""
        return _share(self.starters.get(Standing.LEFT, 0), self.starter_count)

    @property
    def value_retention(self) -> float | None:
        """Assets of starters on the second day, by their assets on the first."""
        return _share(self.end_cents, self.start_cents)


@dataclass(frozen=True, slots=True)
class Ties:
    """How closely customers are tied to the bank on the second day. Declared assets are of `declared_count` only."""

    customer_count: int
    category_count: int
    broad_count: int
    ties: int
    declared_count: int
    declared_cents: int
    elsewhere_cents: int

    @property
    def cross_selling(self) -> float | None:
        """Kinds of products held by a customer on average (formula E.9)."""
        return _share(self.category_count, self.customer_count)

    @property
    def broad_share(self) -> float | None:
        """The share of customers with many kinds of products."""
        return _share(self.broad_count, self.customer_count)

    @property
    def stickiness(self) -> float | None:
        """Ways in which customers are tied, of seven, on average."""
        return _share(self.ties, self.customer_count * TIES)

    @property
    def share_of_wallet(self) -> float | None:
        """Assets with us of all assets, of those who declared what they have elsewhere; None if nobody did."""
        return _share(self.declared_cents, self.declared_cents + self.elsewhere_cents)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """The figures of a business type and customer group, or of ALL of them."""

    business_type: str
    customer_group: str
    keeping: Keeping
    ties: Ties


def stickiness(ties: Iterable[bool | None]) -> float:
    """Return the share of the seven ways a customer is tied to the bank by; what is unknown ties nobody.

    Raises ValueError unless seven are told.
    """
    told = list(ties)
    if len(told) != TIES:
        raise ValueError(f"stickiness is told of {TIES} ties")
    return sum(tie is True for tie in told) / TIES


def share_of_wallet(with_us: float, elsewhere: float) -> float | None:
    """Return assets with us of all assets; None where there are none. Below nought counts as nought."""
    ours, theirs = max(with_us, 0), max(elsewhere, 0)
    return _share(ours, ours + theirs)


def keep_standing(
    engine: Engine, start_on: date, end_on: date, rules: Rules, *, feeds: Collection[str]
) -> None:
    """Keep `standing`, one row a customer of either day, in the engine that has the views of the lake.

    `feeds` are the delivered ones: what rests on another is unknown. Raises ValueError for days in the wrong order.
    """
    if not start_on < end_on:
        raise ValueError("the first day lies before the second")
    bounds = (*rules.bands_cents, _MOST_CENTS)
    rows = [(band, bounds[band - 1], bounds[band]) for band in range(1, len(bounds))]
    columns = (("band", "BIGINT"), ("from_cents", "BIGINT"), ("until_cents", "BIGINT"))
    engine.table("bands", columns, rows)
    engine.keep("standing", standing_text(), parameters(start_on, end_on, rules, feeds))


def standing_text() -> str:
    """The query of the standing."""
    ends = [f"back_{back}" for back in range(_YEAR_MONTHS)]
    window, total, month = (
        plan.text(f"keeping/{name}") for name in ("assets_window", "assets_sum", "acts_month")
    )
    assets = plan.text("keeping/assets").format(
        windows=",\n             ".join(window.format(w=name) for name in ("start", *ends)),
        sums=",\n                ".join(total.format(w=name) for name in ends),
    )
    months = (month.format(back=back, next=back + 1) for back in range(_YEAR_MONTHS))
    acts = plan.text("keeping/acts").format(active_months="\n       + ".join(months))
    rest = {name: plan.text(f"keeping/{name}") for name in ("accounts", "elsewhere")}
    return plan.text("keeping/standing").format(assets=assets, acts=acts, **rest)


def parameters(start_on: date, end_on: date, rules: Rules, feeds: Collection[str]) -> dict[str, Value]:
    """Return what the texts of the standing bind."""
    start_month, end_month = start_on.replace(day=1), end_on.replace(day=1)
    ends = {"start": start_month}
    ends |= {f"back_{back}": plan.months_before(end_month, back) for back in range(_YEAR_MONTHS)}
    bound: dict[str, Value] = {}
    for name, month in ends.items():
        bound |= {f"{name}_from": plan.months_before(month, rules.recent_months - 1), f"{name}_until": month}
    for back in range(_YEAR_MONTHS + 1):
        bound[f"after_{back}"] = plan.months_before(end_on, back)
    return bound | {
        "start_on": start_on,
        "end_on": end_on,
        "assets_from": plan.months_before(min(ends.values()), rules.recent_months - 1),
        "recent_months": rules.recent_months,
        "year_from": _day_after(plan.months_before(end_on, _YEAR_MONTHS)),
        "recent_from": _day_after(plan.months_before(end_on, rules.recent_months)),
        "awake_from": _day_after(plan.months_before(end_on, rules.sleeping_months)),
        "sleeping_below_cents": rules.sleeping_below_cents,
        "asset_loss": float(rules.asset_loss),
        "partial_loss": float(rules.partial_loss),
        "has_balances": "balances" in feeds,
        "has_transactions": "transactions" in feeds,
    }


def read_figures(engine: Engine, rules: Rules) -> tuple[GroupFigures, ...]:
    """Return the figures of every business type and group, of each type, and of the bank, from `standing`."""
    sums: dict[tuple[str, str], list[tuple[Value, ...]]] = {}
    found = engine.fetch(plan.text("keeping/figures"), {"broad_from": rules.broad_from})
    for business_type, group, *cells in sorted(found):
        for key in ((business_type, group), (business_type, ALL), (ALL, ALL)):
            sums.setdefault(key, []).append(tuple(cells))
    return tuple(GroupFigures(*key, _keeping(rows), _ties(rows)) for key, rows in sorted(sums.items()))


def read_moves(engine: Engine) -> dict[str, dict[tuple[int | None, int | None], int]]:
    """Return customers by business type and (band on the first day, band on the second), and of ALL; no band: None."""
    moves: dict[str, dict[tuple[int | None, int | None], int]] = {}
    for business_type, start, end, count in engine.fetch(plan.text("keeping/moves"), {}):
        for name in (business_type, ALL):
            cells = moves.setdefault(name, {})
            cells[start, end] = cells.get((start, end), 0) + count
    return dict(sorted(moves.items()))


def raised_shares(moves: dict[tuple[int | None, int | None], int]) -> dict[int, float]:
    """Return by band the share of its customers of the first day who are in a higher one on the second (E.9)."""
    shares = {}
    for band in sorted({start for start, _ in moves if start is not None}):
        there = sum(count for (start, _), count in moves.items() if start == band)
        risen = sum(count for (start, end), count in moves.items() if start == band and (end or 0) > band)
        shares[band] = risen / there
    return shares


@dataclass(frozen=True, slots=True)
class MonthChurn:
    """Customers at the beginning of a month, and how many left within it."""

    month_on: date
    business_type: str
    customer_group: str
    starter_count: int
    left_count: int

    @property
    def churn(self) -> float | None:
        """The share that left within the month."""
        return _share(self.left_count, self.starter_count)


def read_monthly(engine: Engine, month_starts: Sequence[date]) -> tuple[MonthChurn, ...]:
    """Return churn of whole months by business type and group; `month_starts` are their first days (N-03)."""
    columns = (("month_on", "DATE"), ("next_month_on", "DATE"))
    if not month_starts:
        return ()
    engine.table("months", columns, [(start, plan.months_before(start, -1)) for start in month_starts])
    return tuple(MonthChurn(*row) for row in sorted(engine.fetch(plan.text("keeping/monthly"), {})))


def _keeping(rows: Iterable[tuple[Value, ...]]) -> Keeping:
    starters: dict[str, int] = {}
    new_count = start_cents = end_cents = 0
    for state, is_here, count, start, end, *_ in rows:
        if state == Standing.NEW:
            new_count += _whole(count) if is_here else 0
            continue
        starters[str(state)] = starters.get(str(state), 0) + _whole(count)
        start_cents += _whole(start)
        end_cents += _whole(end)
    return Keeping(starters, new_count, start_cents, end_cents)


def _ties(rows: Iterable[tuple[Value, ...]]) -> Ties:
    here = [row for row in rows if row[1]]
    count, categories, broad, ties, ours, elsewhere, declared = (
        sum(_whole(row[at]) for row in here) for at in (2, 5, 6, 7, 8, 9, 10)
    )
    return Ties(count, categories, broad, ties, declared, ours, elsewhere)


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
