"""Puts the cast among the generated customers: their files, tempers, accounts and events."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

import duckdb

from zhike.facts.demo import cast, shape
from zhike.facts.demo.tables import fill

_FILE_COLUMNS = (
    "name", "id_type", "id_no", "phone", "email", "address", "region", "occupation", "industry",
    "outlet_code", "manager_no",
)  # fmt: skip


def insert_characters(connection: duckdb.DuckDBPyConnection, business_date: date) -> dict[str, str]:
    """Insert the cast as customers 1, 2, ... and give their customer numbers by key."""
    numbers = {character.key: number for number, character in enumerate(cast.CHARACTERS, 1)}
    people, files, holdings, happenings = [], [], [], []
    for character in cast.CHARACTERS:
        number = numbers[character.key]
        people.append(_person(number, character, business_date))
        files.append((number, *(character.file[column] for column in _FILE_COLUMNS)))
        holdings += [_holding(number, holding, business_date) for holding in character.holdings]
        if character.closed_days_ago is None:
            holdings.append(_demand(number, character, business_date))
        happenings += [
            _happening(number, place, happening, business_date)
            for place, happening in enumerate(character.happenings)
        ]
    fill(connection, f"people ({', '.join(people[0])})", [tuple(person.values()) for person in people])
    fill(connection, f"files (i, {', '.join(_FILE_COLUMNS)})", files)
    fill(connection, "holdings", holdings)
    fill(connection, "happenings", happenings)
    fill(
        connection,
        "main.relations",
        [
            (_customer_no(numbers[bearer]), _customer_no(numbers[other]), kind, _ago(business_date, days))
            for bearer, other, kind, days in cast.RELATIONS
        ],
    )
    return {key: _customer_no(number) for key, number in numbers.items()}


def _person(number: int, character: cast.Character, today: date) -> dict[str, Any]:
    birth_on = character.file["birth_on"]
    average = character.demand_average_yuan
    return {
        "i": number,
        "kind": character.file["kind"],
        "business_type": character.file["business_type"],
        "customer_group": character.file["customer_group"],
        "sex": character.file["sex"],
        "age": (today - birth_on).days // 365 if isinstance(birth_on, date) else 40,
        "birth_on": birth_on,
        "opened_on": _ago(today, character.opened_days_ago),
        "closed_on": None if character.closed_days_ago is None else _ago(today, character.closed_days_ago),
        "loyalty": character.loyalty,
        "digital": character.digital,
        "activity": character.activity,
        "wealth_cents": (average or 0) * 100,
        "income_cents": character.income_yuan * 100,
        "income_kind": character.income_kind,
        "stops_income": False,
        "demand_cents": (average or 0) * 100,
        "demand_average_cents": None if average is None else average * 100,
    }


def _demand(number: int, character: cast.Character, today: date) -> tuple[Any, ...]:
    product = "DD02" if character.file["kind"] == "ENTERPRISE" else "DD01"
    opened_on = _ago(today, character.opened_days_ago)
    return (number, 11, 0, product, None, opened_on, "NEW", None, None, 0, None, False)


def _holding(number: int, holding: cast.Holding, today: date) -> tuple[Any, ...]:
    opened_on = _ago(today, holding.opened_days_ago)
    matures_on = None if holding.months is None else _months_later(opened_on, holding.months)
    principal = holding.principal_yuan * 100 or None
    began = opened_on < shape.month_starts(today)[0]
    return (
        number, holding.role, holding.instance, holding.product_code, principal, opened_on, holding.opening,
        matures_on, matures_on if holding.ending else None, (principal or 0) if began else 0, holding.ending,
        holding.opening == "NEW",
    )  # fmt: skip


def _happening(number: int, place: int, happening: cast.Happening, today: date) -> tuple[Any, ...]:
    return (
        number, happening.kind, _ago(today, happening.days_ago), happening.outcome, happening.severity,
        happening.satisfaction, happening.intention,
        None if happening.amount_yuan is None else happening.amount_yuan * 100, 1000 + place,
    )  # fmt: skip


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _ago(today: date, days: int) -> date:
    return today - timedelta(days=days)


def _customer_no(number: int) -> str:
    return f"80{number:08d}"
