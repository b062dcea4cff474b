"""The cast of the tests; the outsider must see nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tests.factories.customers import customer
from tests.factories.people import person, unit
from zhike.customers.models import Customer
from zhike.staff.models import Staff, Unit


@dataclass(frozen=True)
class Bank:
    """Two sub-branches, one customer of each manager, and somebody for each scope."""

    head_office: Unit
    crm: Unit
    east: Unit
    donghu: Unit
    west: Unit
    chen: Staff
    lin: Staff
    zhou: Staff
    liu: Staff
    sun: Staff
    zheng: Staff
    wu: Staff
    liang: Staff
    shen: Staff
    outsider: Staff
    zhang_wei: Customer
    li_na: Customer
    western: Customer


def make_bank() -> Bank:
    head = unit("000", kind="HEAD_OFFICE", name="总行")
    crm = unit("CRM", kind="DEPARTMENT", parent=head, name="客户关系管理部")
    east = unit("100", kind="SUB_BRANCH", parent=head, name="城东支行")
    donghu = unit("101", parent=east, name="东湖网点")
    west = unit("200", kind="SUB_BRANCH", parent=head, name="城西支行")
    chen = person("A001", "ACCOUNT_MANAGER", at=donghu, name="陈晓")
    lin = person("A002", "ACCOUNT_MANAGER", at=donghu, name="林雅婷")
    wang = person("A003", "ACCOUNT_MANAGER", at=west, name="王磊")
    return Bank(
        head_office=head, crm=crm, east=east, donghu=donghu, west=west, chen=chen, lin=lin,
        zhou=person("S001", "SUPERVISOR", at=donghu, name="周敏"),
        liu=person("H001", "OUTLET_HEAD", at=donghu, name="刘强"),
        sun=person("B001", "BRANCH_HEAD", at=east, name="孙立"),
        zheng=person("C001", "CRM_MANAGER", at=crm, name="郑涛"),
        wu=person("C002", "CRM_ANALYST", at=crm, name="吴越"),
        liang=person("E001", "EXECUTIVE", at=head, name="梁志远"),
        shen=person("K001", "COMPLIANCE", at=head, name="沈洁"),
        outsider=person("X001", "LOBBY_MANAGER", at=west, name="外人"),
        zhang_wei=customer("6001", outlet=donghu, manager=chen, name="张伟"),
        li_na=customer("6002", outlet=donghu, manager=lin, name="李娜"),
        western=customer(
            "6003", outlet=west, manager=wang, name="西城客户", kind="ENTERPRISE", business_type="CORPORATE"
        ),
    )  # fmt: skip
