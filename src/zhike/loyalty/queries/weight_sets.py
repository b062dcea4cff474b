"""Which customers a weight set is for, in words, and who has none of their own yet (L-38)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from zhike.analytics.scheme import SchemeSpec
from zhike.customers.enums import BusinessType, CustomerGroup

BETWEEN = "/"
"""Between business type and group; without a group, all groups of the type are meant."""


def customers_in_words(business_type: str, group: str = "") -> str:
    """RETAIL and '' as 'Retail, all groups'."""
    names = dict(BusinessType.choices), dict(CustomerGroup.choices)
    words = {
        "type": names[0].get(business_type, business_type),
        "group": names[1].get(group, group) if group else _("all groups"),
    }
    return _("%(type)s, %(group)s") % words


def split_customers(value: str) -> tuple[str, str]:
    """'RETAIL/CARD' as business type and group."""
    business_type, _between, group = value.partition(BETWEEN)
    return business_type, group


def weight_set_code(business_type: str, group: str) -> str:
    """What a set for these customers is called in the scheme."""
    return f"{business_type}_{group}" if group else business_type


def every_combination() -> list[str]:
    """All business types, each with all of its groups together and one by one."""
    return [
        f"{business_type}{BETWEEN}{group}"
        for business_type in BusinessType.values
        for group in ("", *CustomerGroup.values)
    ]


def open_combinations(spec: SchemeSpec) -> list[tuple[str, str]]:
    """The customers that no set of the scheme is for yet, with their words; none collides with a set that is there."""
    taken = {
        (each.business_type, group) for each in spec.weight_sets for group in each.customer_groups or ("",)
    }
    codes = {each.code for each in spec.weight_sets}
    pairs = [(value, split_customers(value)) for value in every_combination()]
    return [
        (value, customers_in_words(*pair))
        for value, pair in pairs
        if pair not in taken and weight_set_code(*pair) not in codes
    ]


def with_set_for(spec: Mapping[str, Any], customers: str) -> dict[str, Any]:
    """A scheme as plain data with one weight set more, which begins with the weights of the default set."""
    business_type, group = split_customers(customers)
    default = next(each for each in spec["weight_sets"] if each["code"] == spec["default_weight_set"])
    added = {
        **default,
        "code": weight_set_code(business_type, group),
        "business_type": business_type,
        "customer_groups": [group] if group else [],
    }
    return {**spec, "weight_sets": [*spec["weight_sets"], added]}


def without_set(spec: Mapping[str, Any], code: str) -> dict[str, Any]:
    """A scheme as plain data without one of its weight sets."""
    return {**spec, "weight_sets": [each for each in spec["weight_sets"] if each["code"] != code]}
