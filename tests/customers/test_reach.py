"""The outlets that say what a person reaches agree with the customers that are shown, for every role."""

from __future__ import annotations

import pytest
from tests.cast import Bank
from tests.factories.people import person

from zhike.core.access.permissions import ROLES, Permission
from zhike.core.models import AccessGrant
from zhike.customers.models import Customer, outlets_reached

pytestmark = pytest.mark.requirement("L-32")


@pytest.mark.parametrize("place", ["head_office", "east", "donghu", "west"])
@pytest.mark.parametrize("role", sorted(ROLES))
def test_outlets_reached_are_those_of_the_customers_shown(bank: Bank, role: str, place: str) -> None:
    someone = person("R001", role, at=getattr(bank, place))
    shown = set(Customer.objects.visible_to(someone))
    outlets = outlets_reached(someone)
    if outlets is not None:
        assert shown == set(Customer.objects.filter(outlet__in=outlets))


def test_a_customer_opened_for_one_person_is_beyond_outlets(bank: Bank) -> None:
    assert outlets_reached(bank.liu) == {bank.donghu.pk}
    AccessGrant.objects.create(staff=bank.liu, customer_id=bank.western.pk, cause="case:1")
    assert outlets_reached(bank.liu) is None
    assert bank.western in Customer.objects.visible_to(bank.liu)


def test_two_roles_reach_each_with_its_own_right(bank: Bank) -> None:
    both = person("R002", "OUTLET_HEAD", at=bank.donghu)
    both.roles.create(role="HR", unit=bank.head_office, valid_from="2020-01-01")
    assert outlets_reached(both, Permission.CUSTOMER_READ) == {bank.donghu.pk}
    assert outlets_reached(both, Permission.IMPORT_LOAD) == frozenset()
