"""The evaluation once more, slowly and in plain Python, written from the formulas and not from the SQL.

It shares with the product only the scheme and the fitted alpha and beta. Customers are looked at one by
one; groups are sorted lists.
"""

from __future__ import annotations

import calendar
import math
from datetime import date, timedelta
from statistics import NormalDist, mean, stdev
from typing import Any

from tests.analytics.adverse_bank import AdverseBank, Row

from zhike.analytics.inputs import RunInputs

SAVINGS = {"TERM", "WEALTH", "FUND", "INSURANCE"}
ASSETS = SAVINGS | {"DEMAND"}


def add_months(day: date, months: int) -> date:
    """The same day months later, or the month's last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(first: date, last: date) -> int:
    """Completed months, counted one by one."""
    months = 0
    while add_months(first, months + 1) <= last:
        months += 1
    while add_months(first, months) > last:
        months -= 1
    return months


def half_up(x: float) -> int:
    return math.floor(x + 0.5)


def peers_mean(values: list[float]) -> float:
    """Means of peers are of values at six decimals, so that no order of summing shows."""
    return mean(half_up(value * 1e6) / 1e6 for value in values)


class Oracle:
    """One run over one bank, customer by customer."""

    def __init__(self, bank: AdverseBank, inputs: RunInputs, previous: dict[int, Row] | None = None) -> None:
        self.bank, self.spec, self.as_of, self.inputs = bank, inputs.spec, inputs.as_of, inputs
        self.previous = previous or {}
        self.window_from = add_months(self.as_of + timedelta(1), -self.spec.window_months)
        month = self.as_of.replace(day=1)
        self.balances_from = add_months(month, 1 - self.spec.window_months)
        self.recent_from = add_months(month, 1 - self.spec.recent_months)
        self.products = {row["product_id"]: row for row in bank.rows["products"]}
        self.fits = {fit.business_type: fit for fit in inputs.fits}

    def results(self) -> dict[int, Row]:
        """Every customer's result by id."""
        people = {
            row["customer_id"]: row
            for row in self.bank.rows["customers"]
            if row["customer_id"] is not None
            and row["opened_on"]
            and row["opened_on"] <= self.as_of
            and not (row["closed_on"] and row["closed_on"] <= self.as_of)
        }
        groups = {key: (row["business_type"] or "UNKNOWN", row["customer_group"] or "UNKNOWN")
                  for key, row in people.items()}  # fmt: skip
        raws: dict[str, dict[int, float | None]] = {}
        for use in self.spec.indicators:
            if set(use.indicator.needs) <= set(self.inputs.feeds):
                raw = getattr(self, f"_{use.code.lower()}")
                raws[use.code] = {key: raw(person, use) for key, person in people.items()}
        if "SATISFACTION" in raws:
            self._fade(raws["SATISFACTION"], people, groups)
        for code, column in raws.items():
            if self.spec.use(code).policy == "ZERO":
                raws[code] = {key: 0.0 if value is None else value for key, value in column.items()}
        values = {code: self._values(code, column, groups) for code, column in raws.items()}
        return {key: self._result(key, people[key], groups[key], raws, values) for key in people}

    # The facts of one customer

    def _accounts(self, person: Row) -> list[Row]:
        return [
            row | {"product": self.products[row["product_id"]]}
            for row in self.bank.rows["accounts"]
            if row["customer_id"] == person["customer_id"]
            and row["product_id"] in self.products
            and row["opened_on"]
            and row["opened_on"] <= self.as_of
        ]

    def _events(self, person: Row, kind: str) -> list[Row]:
        return [
            row
            for row in self.bank.rows["events"]
            if row["customer_id"] == person["customer_id"]
            and row["kind"] == kind
            and self.window_from <= row["happened_on"] <= self.as_of
        ]

    def _booked(self, person: Row) -> list[Row]:
        return [
            row
            for row in self.bank.rows["transactions"]
            if row["customer_id"] == person["customer_id"]
            and row["booked_on"]
            and self.window_from <= row["booked_on"] <= self.as_of
        ]

    def _months(self, account: Row) -> list[Row]:
        return [
            row
            for row in self.bank.rows["balances"]
            if row["account_id"] == account["account_id"]
            and self.balances_from <= row["month_on"] <= self.as_of
        ]

    # The indicators

    def _repeat_purchase(self, person: Row, use: Any) -> float | None:
        taken = {"NEW", "RENEWED"} | ({"ROLLED"} if use.number("count_rolled") else set())
        accounts = self._accounts(person)
        bought = [
            row
            for row in accounts
            if row["opened_on"] >= self.window_from
            and row["opening"] in taken
            and row["product"]["is_chosen"]
        ]
        matured = [
            row
            for row in accounts
            if row["product"]["category"] in SAVINGS
            and row["matures_on"]
            and self.window_from <= row["matures_on"] <= self.as_of
        ]
        if not bought and not matured:
            return None
        if not use.number("by_amount"):
            return float(max(len(bought) - 1, 0))
        due = sum(max(row["principal_cents"] or 0, 0) for row in matured)
        renewed = sum(
            max(row["principal_cents"] or 0, 0)
            for row in bought
            if row["opening"] != "NEW" and row["product"]["category"] in SAVINGS
        )
        return min(renewed / due, 1.0) if due else None

    def _referral(self, person: Row, use: Any) -> float | None:
        qualified = [row for row in self._events(person, "REFERRAL") if row["outcome"] == "QUALIFIED"]
        if not qualified:
            return None
        behaviour = min(len(qualified) / use.number("target"), 1.0)
        intention = self._latest_answer(person, "intention", 0, 10)
        if intention is None:
            return behaviour
        share = use.number("behaviour_share")
        return share * behaviour + (1 - share) * (intention[1] >= use.number("promoter_from"))

    def _complaint(self, person: Row, use: Any) -> float:
        founded = [row for row in self._events(person, "COMPLAINT") if row["outcome"] == "FOUNDED"]
        weights = [1 if row["severity"] is None else max(row["severity"], 0) for row in founded]
        objections = sum(row["outcome"] == "FOUNDED" for row in self._events(person, "OBJECTION"))
        return min(float(sum(weights)) + use.number("objection_weight") * objections, use.number("cap"))

    def _latest_answer(self, person: Row, column: str, low: int, high: int) -> tuple[date, int] | None:
        answers = [
            (row["happened_on"], row[column])
            for row in self._events(person, "ANSWER")
            if row["outcome"] == "VALID" and row[column] is not None and low <= row[column] <= high
        ]
        return max(answers) if answers else None

    def _satisfaction(self, person: Row, use: Any) -> float | None:
        answer = self._latest_answer(person, "satisfaction", 1, 5)
        return None if answer is None else float(answer[1])

    def _fade(self, column: dict[int, float | None], people: dict[int, Row], groups: dict) -> None:
        use = self.spec.use("SATISFACTION")
        latest = dict(column)
        for key, answer in latest.items():
            if answer is None:
                continue
            peers = [v for other, v in latest.items() if groups[other] == groups[key] and v is not None]
            answered_on = self._latest_answer(people[key], "satisfaction", 1, 5)[0]  # type: ignore[index]
            months = (self.as_of - answered_on).days / (365.25 / 12)
            share = 0.5 ** (months / use.number("half_life_months"))
            column[key] = share * answer + (1 - share) * mean(peers)

    def _lifetime_value(self, person: Row, use: Any) -> float:
        cents = 0
        fees = 0.0
        for account in self._accounts(person):
            product = account["product"]
            months = self._months(account)
            held = sum(row["average_cents"] or 0 for row in months)
            held = abs(held) if product["category"] in ("LOAN", "CARD") else max(held, 0)
            rate = (product["margin_ppm"] or 0) - (product["loss_ppm"] or 0)
            if months:
                cents += half_up(held * rate / 12e6)
            first = max(account["opened_on"], self.window_from)
            last = min(account["closed_on"] or self.as_of, self.as_of)
            days = max((last - first).days + 1, 0)
            fees += use.number("product_fee_share") * half_up((product["fee_cents"] or 0) * days / 365)
        charged = -sum(row["amount_cents"] or 0 for row in self._booked(person) if row["kind"] == "FEE")
        fees += use.number("charged_fee_share") * charged
        channels = [row["channel"] for row in self._booked(person) if row["channel"] not in (None, "BANK")]
        counter = channels.count("COUNTER")
        cost = use.number("counter_cost") * counter + use.number("remote_cost") * (len(channels) - counter)
        age = whole_months(person["opened_on"], self.as_of) // 12
        fit = self.fits[person["business_type"] or "UNKNOWN"]
        worth = 0.0
        for year in range(1, int(use.number("horizon_years")) + 1):
            stay = math.prod((fit.beta + age + t) / (fit.alpha + fit.beta + age + t) for t in range(year))
            worth += stay / (1 + use.number("discount")) ** year
        return ((cents + fees) / 100 - cost) * 12 / self.spec.window_months * worth

    def _tenure(self, person: Row, use: Any) -> float:
        return whole_months(person["opened_on"], self.as_of) / 12

    def _product_breadth(self, person: Row, use: Any) -> float:
        held = [a for a in self._accounts(person) if not (a["closed_on"] and a["closed_on"] <= self.as_of)]
        return float(len({a["product"]["category"] for a in held} - {None}))

    def _assets(self, person: Row) -> list[list[Row]]:
        """Months of each asset account that has any in the window."""
        owned = [self._months(a) for a in self._accounts(person) if a["product"]["category"] in ASSETS]
        return [months for months in owned if months]

    def _recent(self, person: Row) -> int:
        return sum(
            row["average_cents"] or 0
            for months in self._assets(person)
            for row in months
            if row["month_on"] >= self.recent_from
        )

    def _balance_trend(self, person: Row, use: Any) -> float | None:
        assets = self._assets(person)
        earlier = [row for months in assets for row in months if row["month_on"] < self.recent_from]
        if not earlier:
            return None
        first = min(row["month_on"] for row in earlier)
        months = (self.recent_from.year - first.year) * 12 + self.recent_from.month - first.month
        total = sum(row["average_cents"] or 0 for row in earlier)
        if total <= 0:
            return None
        return max(self._recent(person), 0) / self.spec.recent_months / (total / months)

    def _digital_activity(self, person: Row, use: Any) -> float | None:
        acted = [row["channel"] for row in self._booked(person) if row["channel"] not in (None, "BANK")]
        return sum(channel in ("MOBILE", "ONLINE") for channel in acted) / len(acted) if acted else None

    def _share_of_wallet(self, person: Row, use: Any) -> float | None:
        declared = [
            (row["happened_on"], row["amount_cents"])
            for row in self._events(person, "HOLDINGS_ELSEWHERE")
            if row["amount_cents"] is not None and row["amount_cents"] >= 0
        ]
        if not declared:
            return None
        ours = max(self._recent(person), 0) / self.spec.recent_months
        elsewhere = max(declared)[1]
        return ours / (ours + elsewhere) if ours + elsewhere else None

    # From raw values to the tier

    def _values(self, code: str, column: dict[int, float | None], groups: dict) -> dict[int, Any]:
        use = self.spec.use(code)
        found = {}
        for key, raw in column.items():
            peers = sorted(v for k, v in column.items() if groups[k] == groups[key] and v is not None)
            state = "OBSERVED" if raw is not None else "NOT_APPLICABLE"
            if raw is None and peers and use.policy in ("GROUP_MEDIAN", "GROUP_MEAN"):
                middle = peers[(len(peers) - 1) // 2]
                raw, state = (middle if use.policy == "GROUP_MEDIAN" else peers_mean(peers)), "IMPUTED"
            value = None if raw is None else self._normalised(use, raw, peers, groups[key][0])
            if value is not None and use.indicator.direction == "DOWN":
                value = 100 - value
            found[key] = (state, value)
        return found

    def _normalised(self, use: Any, raw: float, peers: list[float], business_type: str) -> float:
        number = lambda name: use.number(name, business_type)  # noqa: E731
        if use.normaliser == "PERCENTILE":
            below, equal = sum(v < raw for v in peers), sum(v == raw for v in peers)
            return min(max(100 * (below + equal / 2) / len(peers), number("floor")), number("ceiling"))
        if use.normaliser == "ZSCORE":
            spread = stdev(peers) if len(set(peers)) > 1 else 1.0
            return 100 * NormalDist().cdf(min(max((raw - peers_mean(peers)) / spread, -4), 4))
        low, high = (0.0, number("target")) if use.normaliser == "RATIO" else (number("low"), number("high"))
        return 100 * min(max((raw - low) / (high - low), 0), 1)

    def _result(self, key: int, person: Row, group: tuple, raws: dict, values: dict) -> Row:
        weights = self.spec.weight_set_for(*group)
        there = {code: values[code][key][1] for code in values if values[code][key][1] is not None}
        available = sum(weights.weights.get(code, 0) for code in there)
        points = sum(weights.weights.get(code, 0) * value for code, value in there.items())
        score = points / available if available else None
        row: Row = {"weight_set": weights.code, "available_weight": available / 10_000, "score": score}
        for use in self.spec.indicators:
            c, weight = use.code.lower(), weights.weights.get(use.code, 0)
            row[f"{c}_raw"] = raws.get(use.code, {}).get(key)
            state, value = values[use.code][key] if use.code in values else ("ABSENT", None)
            row[f"{c}_state"], row[f"{c}_value"] = state, value
            row[f"{c}_contribution"] = weight * value / available if value is not None and available else 0.0
        is_new = whole_months(person["opened_on"], self.as_of) < self.spec.new_customer_months
        enough = available >= self.spec.minimum_available
        row |= {"is_new": is_new, "is_sufficient": enough}
        row["tier"], row["below_count"] = self._tier(
            self.previous.get(key), score if enough else None, is_new
        )
        return row

    def _tier(self, before: Row | None, score: float | None, is_new: bool) -> tuple[str, int]:
        order = ["UNRATED", "LOW", "MEDIUM", "HIGH"]
        start = {"LOW": 0.0, "MEDIUM": self.spec.medium_from, "HIGH": self.spec.high_from}
        held = before["tier"] if before else "UNRATED"
        count = before["below_count"] if before else 0
        floor = "MEDIUM" if is_new else "UNRATED"
        if score is None:
            return max(held, floor, key=order.index), count
        earned = max((tier for tier in start if score >= start[tier] - 5e-7), key=order.index)
        earned = max(earned, floor, key=order.index)
        if order.index(earned) >= order.index(held):
            return earned, 0
        if score >= start[held] - self.spec.hysteresis_points - 5e-7:
            return held, 0
        if count + 1 < self.spec.downgrade_runs:
            return held, count + 1
        return order[order.index(held) - 1], 0
