"""Seeing a value in the clear: with a purpose, for a while, and on the record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from tests.cast import Bank
from tests.factories.files import filed

from zhike.core import keys
from zhike.core.access.acting import acting_as
from zhike.core.access.permissions import Permission
from zhike.core.models import AuditEvent
from zhike.customers.models import Customer
from zhike.customers.operations.reveals import RevealRefused, reveal
from zhike.customers.queries.profiles import masked_field, masked_profile, relations_of
from zhike.staff.models import ActingFor

NOW = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)
PHONE, ID_NO = "13812346027", "330106198204091232"


@pytest.fixture
def shen_ruolan(bank: Bank) -> Customer:
    return filed(
        "6101", outlet=bank.donghu, manager=bank.chen, name="沈若岚", phone=PHONE, id_no=ID_NO,
        id_type="RESIDENT_ID", address="浙江省杭州市西湖区文三路1号", birth_on=date(1982, 4, 9),
    )  # fmt: skip


@pytest.mark.requirement("L-36")
def test_a_reveal_is_recorded_in_the_same_transaction(bank: Bank, shen_ruolan: Customer) -> None:
    with acting_as(bank.chen.pk):
        shown = reveal(customer_id=shen_ruolan.pk, field="phone", purpose="CALL", by=bank.chen, now=NOW)
    assert (shown.value, shown.until - NOW) == (PHONE, timedelta(minutes=5))
    event = AuditEvent.objects.get(action="customer.revealed")
    assert (event.customer_id, event.reason, event.detail) == (shen_ruolan.pk, "CALL", {"fields": ["phone"]})
    assert PHONE not in str(event.__dict__)


@pytest.mark.requirement("L-36")
def test_a_roll_back_takes_the_value_and_its_record_together(bank: Bank, shen_ruolan: Customer) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        reveal(customer_id=shen_ruolan.pk, field="phone", purpose="CALL", by=bank.chen, now=NOW)
        raise RuntimeError
    assert not AuditEvent.objects.filter(action="customer.revealed").exists()


@pytest.mark.parametrize(
    ("field", "purpose"), [("phone", ""), ("phone", "curious"), ("name", "CALL"), ("email", "CALL")]
)
def test_reveal_refuses_without_purpose_field_or_value(
    bank: Bank, shen_ruolan: Customer, field: str, purpose: str
) -> None:
    with pytest.raises(RevealRefused), acting_as(bank.chen.pk):
        reveal(customer_id=shen_ruolan.pk, field=field, purpose=purpose, by=bank.chen, now=NOW)
    assert not AuditEvent.objects.filter(action="customer.revealed").exists()


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize("who", ["lin", "outsider", "liang"])
def test_reveal_knows_no_customer_out_of_scope(bank: Bank, shen_ruolan: Customer, who: str) -> None:
    person = getattr(bank, who)
    with pytest.raises(Customer.DoesNotExist), acting_as(person.pk):
        reveal(customer_id=shen_ruolan.pk, field="phone", purpose="CALL", by=person, now=NOW)


@pytest.mark.requirement("L-31")
def test_a_ciphertext_moved_to_another_customer_is_refused(bank: Bank, shen_ruolan: Customer) -> None:
    Customer.objects.filter(pk=bank.zhang_wei.pk).update(phone=shen_ruolan.phone)
    with pytest.raises(keys.TamperedValue), acting_as(bank.chen.pk):
        reveal(customer_id=bank.zhang_wei.pk, field="phone", purpose="CALL", by=bank.chen, now=NOW)


@pytest.mark.requirement("L-33", "S-72")
def test_a_profile_shows_masks_and_an_age(bank: Bank, shen_ruolan: Customer) -> None:
    profile = masked_profile(shen_ruolan, day=date(2026, 9, 29))
    assert (profile.phone, profile.id_no, profile.address, profile.email, profile.age) == (
        "138****6027", "330**************2", "浙江省杭州市西湖区***", "", 44,
    )  # fmt: skip
    assert masked_field(shen_ruolan, "birth_on", day=date(2026, 9, 29)) == "44"


def test_relations_show_both_directions_and_nobody_out_of_scope(bank: Bank, shen_ruolan: Customer) -> None:
    shen_ruolan.relations.create(other=bank.zhang_wei, outlet_id=bank.donghu.pk, kind="SPOUSE")
    shen_ruolan.relations.create(other=bank.western, outlet_id=bank.donghu.pk, kind="CONTROLLER")
    with acting_as(bank.chen.pk):
        seen = relations_of(shen_ruolan, staff=bank.chen)
        assert [(row.relation.kind, row.other) for row in seen] == [
            ("CONTROLLER", None), ("SPOUSE", bank.zhang_wei),
        ]  # fmt: skip
        (back,) = relations_of(bank.zhang_wei, staff=bank.chen)
        assert (back.other, back.is_from) == (shen_ruolan, False)


@pytest.mark.requirement("L-32")
def test_a_right_reaches_no_further_than_the_role_that_gives_it(bank: Bank, shen_ruolan: Customer) -> None:
    """The analyst sees every customer and reveals none; the manager he stands in for reveals her own."""
    today = timezone.localdate()
    ActingFor.objects.create(
        absent=bank.lin, substitute=bank.wu, from_on=today, until_on=today, reason="休假"
    )
    Customer.objects.filter(pk=bank.li_na.pk).update(birth_on=date(1990, 1, 1))
    with acting_as(bank.wu.pk):
        assert reveal(customer_id=bank.li_na.pk, field="birth_on", purpose="CALL", by=bank.wu, now=NOW).value
    with pytest.raises(Customer.DoesNotExist), acting_as(bank.wu.pk):
        reveal(customer_id=shen_ruolan.pk, field="phone", purpose="CALL", by=bank.wu, now=NOW)


@pytest.mark.requirement("L-32")
def test_a_page_shows_what_the_right_it_asks_for_reaches(bank: Bank, shen_ruolan: Customer) -> None:
    today = timezone.localdate()
    ActingFor.objects.create(
        absent=bank.lin, substitute=bank.wu, from_on=today, until_on=today, reason="休假"
    )
    everybody = {shen_ruolan, bank.zhang_wei, bank.li_na, bank.western}
    assert set(Customer.objects.visible_to(bank.wu)) == everybody
    bank.wu.rights_in_use = frozenset({Permission.CUSTOMER_REVEAL})
    assert set(Customer.objects.visible_to(bank.wu)) == {bank.li_na}
    assert set(Customer.objects.visible_to(bank.wu, Permission.CUSTOMER_READ)) == everybody
