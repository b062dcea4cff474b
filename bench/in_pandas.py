"""An evaluation by the five indicators as somebody who knows pandas well would write it: columns, no loops over rows.

Reads only the columns it needs, groups integers, and takes the fitted survival and fading from the run's own inputs:
fitting is not what is compared. One bank, no missing values beyond those the generator makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zhike.analytics import plan
from zhike.analytics.inputs import RunInputs
from zhike.analytics.scheme import SchemeSpec

PEERS = ["business_type", "customer_group"]
PLACED = ["TERM", "WEALTH", "FUND", "INSURANCE"]
Frame = pd.DataFrame


def evaluate(files: dict[str, list[Path]], inputs: RunInputs, out: Path) -> Frame:
    """Write a row a customer with every part of the score, the score and its tier, as a first run has them; give them.

    Besides, what customers are compared with: count, mean and median of each indicator by group.
    """
    bound = plan.parameters(inputs.spec, inputs.as_of)
    as_of, since = pd.Timestamp(bound["as_of"]), pd.Timestamp(bound["window_from"])
    people = _people(files, as_of)
    accounts = _accounts(files, as_of)
    parts = [
        _purchases(accounts, since, as_of),
        _margins(files, accounts, pd.Timestamp(bound["balances_from"]), as_of),
        _fees(files, since, as_of),
        _events(files, since, as_of),
    ]
    found = people.join(parts)
    raw = _raws(found, inputs)
    results = _results(found, raw, inputs.spec)
    raw.groupby([found[name] for name in PEERS], observed=True).agg(["count", "mean", "median"])
    results["tier"] = _tiers(results, inputs.spec)
    results.tier.value_counts()
    results.to_parquet(out)
    return results


def _read(files: dict[str, list[Path]], table: str, *columns: str) -> Frame:
    frames = [pd.read_parquet(path, columns=list(columns)) for path in files[table]]
    found = pd.concat(frames, ignore_index=True)
    for name in columns:
        if name.endswith("_on"):
            found[name] = pd.to_datetime(found[name])
        elif found[name].dtype == object:
            found[name] = found[name].astype("category")
    return found


def _people(files: dict[str, list[Path]], as_of: pd.Timestamp) -> Frame:
    all_of_them = _read(files, "customers", "customer_id", *PEERS, "opened_on", "closed_on")
    is_here = (all_of_them.opened_on <= as_of) & ~(all_of_them.closed_on <= as_of)
    people = all_of_them[is_here].set_index("customer_id")
    opened = people.opened_on.dt
    last = np.minimum(opened.day, opened.days_in_month.where(opened.month != as_of.month, opened.day))
    last = np.minimum(last, as_of.days_in_month)
    people["months"] = (as_of.year - opened.year) * 12 + as_of.month - opened.month - (as_of.day < last)
    return people


def _accounts(files: dict[str, list[Path]], as_of: pd.Timestamp) -> Frame:
    accounts = _read(
        files,
        "accounts",
        "account_id",
        "customer_id",
        "product_id",
        "opened_on",
        "opening",
        "matures_on",
        "closed_on",
    )
    products = _read(
        files, "products", "product_id", "category", "margin_ppm", "loss_ppm", "fee_cents", "is_chosen"
    )
    return accounts[accounts.opened_on <= as_of].merge(products, on="product_id")


def _purchases(accounts: Frame, since: pd.Timestamp, as_of: pd.Timestamp) -> Frame:
    is_bought = (accounts.opened_on >= since) & accounts.is_chosen & accounts.opening.isin(["NEW", "RENEWED"])
    is_due = accounts.category.isin(PLACED) & accounts.matures_on.between(since, as_of)
    held_until = accounts.closed_on.fillna(as_of).clip(upper=as_of)
    days = ((held_until - accounts.opened_on.clip(lower=since)).dt.days + 1).clip(lower=0)
    fees = np.floor(accounts.fee_cents * days / 365 + 0.5).astype("int64")
    columns = Frame(
        {"purchases": is_bought.astype("int64"), "matured": is_due.astype("int64"), "product_fee": fees}
    )
    return columns.groupby(accounts.customer_id).sum()


def _margins(
    files: dict[str, list[Path]], accounts: Frame, since: pd.Timestamp, as_of: pd.Timestamp
) -> Frame:
    balances = _read(files, "balances", "account_id", "month_on", "average_cents")
    balances = balances[balances.month_on.between(since, as_of)]
    held = accounts.set_index("account_id")[["customer_id", "category", "margin_ppm", "loss_ppm"]]
    held = held.join(balances.groupby("account_id").average_cents.sum(), how="inner")
    cents = held.average_cents
    cents = cents.abs().where(held.category.isin(["LOAN", "CARD"]), cents.clip(lower=0))
    held["margin"] = np.floor(cents * (held.margin_ppm - held.loss_ppm) / 12e6 + 0.5).astype("int64")
    return held.groupby("customer_id")[["margin"]].sum()


def _fees(files: dict[str, list[Path]], since: pd.Timestamp, as_of: pd.Timestamp) -> Frame:
    rows = _read(files, "transactions", "customer_id", "booked_on", "kind", "amount_cents")
    rows = rows[(rows.kind == "FEE") & rows.booked_on.between(since, as_of)]
    return (-rows.groupby("customer_id").amount_cents.sum()).to_frame("charged_fee")


def _events(files: dict[str, list[Path]], since: pd.Timestamp, as_of: pd.Timestamp) -> Frame:
    rows = _read(
        files,
        "events",
        "customer_id",
        "kind",
        "happened_on",
        "outcome",
        "severity",
        "satisfaction",
        "intention",
    )
    rows = rows[rows.happened_on.between(since, as_of)]
    complaints = (
        rows[(rows.kind == "COMPLAINT") & (rows.outcome == "FOUNDED")].groupby("customer_id").severity.sum()
    )
    referrals = rows[(rows.kind == "REFERRAL") & (rows.outcome == "QUALIFIED")].groupby("customer_id").size()
    answers = rows[(rows.kind == "ANSWER") & (rows.outcome == "VALID")]
    latest = (
        answers.sort_values(["happened_on", "satisfaction"])
        .groupby("customer_id")
        .tail(1)
        .set_index("customer_id")
    )
    intent = (
        answers.sort_values(["happened_on", "intention"])
        .groupby("customer_id")
        .tail(1)
        .set_index("customer_id")
    )
    return pd.concat(
        {
            "complaints": complaints, "referrals": referrals, "satisfaction": latest.satisfaction,
            "answer_days": (as_of - latest.happened_on).dt.days, "intention": intent.intention,
        },
        axis=1,
    )  # fmt: skip


def _raws(found: Frame, inputs: RunInputs) -> Frame:
    spec = inputs.spec
    number = {use.code: use.number for use in spec.indicators}
    multipliers = {(kind, age): value for kind, age, value in inputs.statistics["survival"].rows}
    fading: dict[Any, Any] = dict(inputs.statistics["fading"].rows)
    known = found[["purchases", "matured"]].fillna(0)
    raw = Frame(index=found.index)
    raw["REPEAT_PURCHASE"] = (known.purchases - 1).clip(lower=0).where(known.purchases + known.matured > 0)
    referral = number["REFERRAL"]
    made = (found.referrals / referral("target")).clip(upper=1)
    share, promotes = referral("behaviour_share"), found.intention >= referral("promoter_from")
    raw["REFERRAL"] = made.where(found.intention.isna(), share * made + (1 - share) * promotes)
    raw["COMPLAINT"] = found.complaints.fillna(0).clip(upper=number["COMPLAINT"]("cap"))
    faded = found.answer_days.map(fading)
    mean = found.groupby(PEERS, observed=True).satisfaction.transform("mean")
    raw["SATISFACTION"] = faded * found.satisfaction + (1 - faded) * mean
    ages = Frame({"kind": found.business_type.astype(str), "age": found.months // 12})
    lasting = pd.Series(multipliers).reindex(pd.MultiIndex.from_frame(ages)).to_numpy()
    cents = found[["margin", "product_fee", "charged_fee"]].fillna(0)
    years = 12 / spec.window_months
    raw["LIFETIME_VALUE"] = (
        cents.margin / 100 * years * lasting + (cents.product_fee + cents.charged_fee) / 100 * years * lasting
    )
    return raw


def _results(found: Frame, raw: Frame, spec: SchemeSpec) -> Frame:
    kinds = found.business_type.astype(str)
    peers = [found[name] for name in PEERS]
    sets = {
        pair: spec.weight_set_for(*pair)
        for pair in found[PEERS].drop_duplicates().itertuples(index=False, name=None)
    }
    pairs = pd.MultiIndex.from_frame(found[PEERS].astype(str))
    weights, values = Frame(index=found.index), Frame(index=found.index)
    for use in spec.indicators:
        known = raw[use.code]
        if use.normaliser == "PERCENTILE":
            ranked = known.groupby(peers, observed=True)
            middle = 100 * (ranked.rank(method="average") - 0.5) / ranked.transform("count")
            value = middle.clip(use.number("floor"), use.number("ceiling"))
        else:
            high = "target" if use.normaliser == "RATIO" else "high"
            low = 0.0 if use.normaliser == "RATIO" else use.number("low")
            top = kinds.map({kind: use.number(high, kind) for kind in kinds.unique()})
            value = 100 * ((known - low) / (top - low)).clip(0, 1)
        if use.code == "COMPLAINT":
            value = 100 - value
        if use.policy == "GROUP_MEDIAN":  # the lower one, and only those who have a value
            value = value.fillna(value.groupby(peers, observed=True).transform(_lower_median))
        elif use.policy == "GROUP_MEAN":
            value = value.fillna(value.groupby(peers, observed=True).transform("mean"))
        given = {pair: float(chosen.weights.get(use.code, 0)) for pair, chosen in sets.items()}
        weights[use.code] = pd.Series(pairs.map(given), index=found.index).where(value.notna(), 0.0)
        values[use.code] = value
    available = weights.sum(axis=1)
    points = weights * values.fillna(0)
    results = found[[*PEERS, "months"]].copy()
    results["available"] = available / 10_000
    results["score"] = points.sum(axis=1) / available.where(available > 0)
    parts = {
        "raw": raw, "value": values, "weight": weights.div(available, axis=0),
        "contribution": points.div(available, axis=0), "state": raw.notna(),
    }  # fmt: skip
    return results.join([part.add_suffix(f"_{name}") for name, part in parts.items()])


def _tiers(results: Frame, spec: SchemeSpec) -> pd.Series[str]:
    """Of a first run: nobody has a tier to keep, and who is new is at least in the middle."""
    score = results.score.round(6)
    is_known = results.available * 10_000 >= spec.minimum_available
    tiers = np.select(
        [~is_known & (results.months >= spec.new_customer_months), score >= spec.high_from, score >= spec.medium_from,
         results.months < spec.new_customer_months],
        ["UNRATED", "HIGH", "MEDIUM", "MEDIUM"],
        "LOW",
    )  # fmt: skip
    return pd.Series(tiers, index=results.index)


def _lower_median(values: pd.Series[float]) -> float:
    return float(values.quantile(0.5, interpolation="lower"))
