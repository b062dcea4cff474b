"""The cast is as the story tells it, and nobody's identity number is wrong."""

from __future__ import annotations

import re
from datetime import date

import pytest

from zhike.facts.demo import cast
from zhike.facts.demo.bank import Bank


def rows(bank: Bank, sql: str, *parameters: object) -> list[tuple]:
    return bank.connection.execute(sql, parameters).fetchall()


def resident_check(number: str) -> str:
    """GB 11643: the check character from the powers of two modulo eleven."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return "0123456789X"[(12 - total % 11) % 11]


def credit_code_is_valid(code: str) -> bool:
    """GB 32100 over all eighteen characters, GB 11714 over the organisation code in it."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(letters.index(letter) * pow(3, place, 31) for place, letter in enumerate(code[:17]))
    organisation = sum(
        int(letter, 36) * weight for letter, weight in zip(code[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    return (total + letters.index(code[17])) % 31 == 0 and code[16] == "0123456789X"[
        (11 - organisation % 11) % 11
    ]


def test_resident_numbers_carry_birth_date_sex_and_check_character(bank: Bank) -> None:
    people = rows(bank, "SELECT id_no, birth_on, sex FROM customers WHERE id_type = 'RESIDENT_ID'")
    assert len(people) > 2_500
    for number, birth_on, sex in people:
        assert number[6:14] == f"{birth_on:%Y%m%d}"
        assert "FM"[int(number[16]) % 2] == sex
        assert number[17] == resident_check(number)


def test_credit_codes_carry_both_check_characters(bank: Bank) -> None:
    codes = [code for (code,) in rows(bank, "SELECT id_no FROM customers WHERE id_type = 'USCC'")]
    assert len(codes) > 100
    assert [code for code in codes if not credit_code_is_valid(code)] == []


def test_identity_numbers_and_phones_are_each_person_s_own(bank: Bank) -> None:
    ((numbers, distinct),) = rows(bank, "SELECT count(id_no), count(DISTINCT id_no) FROM customers")
    assert numbers == distinct
    phones = rows(bank, "SELECT phone FROM customers WHERE phone IS NOT NULL")
    assert all(re.fullmatch(r"1[3-9]\d{9}", phone) for (phone,) in phones)


def test_names_hold_the_rare_and_the_common(bank: Bank) -> None:
    names = [name for (name,) in rows(bank, "SELECT name FROM customers WHERE kind = 'INDIVIDUAL'")]
    assert any("𠮷" in name or "㛃" in name for name in names)
    assert any("·" in name for name in names)
    assert len(set(names)) < len(names) - 50  # people share names


def test_staff_cast_keeps_its_numbers_and_posts(bank: Bank) -> None:
    staff = {
        name: (number, post) for number, name, post in rows(bank, "SELECT staff_no, name, post FROM staff")
    }
    assert {
        "陈晓": ("T0101", "ACCOUNT_MANAGER"), "林雅婷": ("T0102", "ACCOUNT_MANAGER"),
        "王磊": ("T0103", "ACCOUNT_MANAGER"), "周敏": ("T0104", "SUPERVISOR"),
        "刘强": ("T0105", "OUTLET_HEAD"),
        "何静": ("T0106", "LOBBY_MANAGER"), "赵敏": ("T0107", "TELLER"), "孙立": ("T0100", "BRANCH_HEAD"),
        "高岚": ("T0013", "COMPLAINT_OFFICE"), "郑涛": ("T0002", "CRM_MANAGER"),
        "吴越": ("T0003", "CRM_ANALYST"),
        "许晴": ("T0004", "MARKETING"), "钱峰": ("T0011", "FINANCE"), "马丽": ("T0010", "HR"),
        "沈洁": ("T0012", "COMPLIANCE"), "梁志远": ("T0001", "EXECUTIVE"),
    }.items() <= staff.items()  # fmt: skip
    assert {post for _, post in staff.values()} <= set(cast.POSTS)


def test_units_are_two_branches_with_their_outlets(bank: Bank) -> None:
    units = dict(
        rows(
            bank, "SELECT o.name, p.name FROM outlets AS o JOIN outlets AS p ON p.outlet_code = o.parent_code"
        )
    )
    assert units["东湖网点"] == units["科技园直管网点"] == "城东支行"
    assert units["城东支行"] == units["城西支行"] == units["客户关系管理部"] == "天华银行总行"
    assert "城西支行" in {units["西城门网点"], units["莲花路网点"]}


def test_managers_have_portfolios_they_can_look_after(bank: Bank) -> None:
    sizes = dict(
        rows(
            bank,
            """SELECT manager_no, count(*) FROM customers
               WHERE closed_on IS NULL AND manager_no IS NOT NULL GROUP BY 1""",
        )
    )
    assert all(130 <= size <= 300 for size in sizes.values())
    assert 160 <= sizes[cast.CHEN_XIAO] <= 240


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("zhang_wei", ("张伟", "INDIVIDUAL", "RETAIL", "GENERAL", 620_000, "T0101")),
        ("li_na", ("李娜", "INDIVIDUAL", "RETAIL", "GENERAL", 80_000, "T0101")),
        ("chen_zhiqiang", ("陈志强", "INDIVIDUAL", "RETAIL", "WEALTH", 2_600_000, "T0103")),
        ("hai_chuan", ("海川科技有限公司", "ENTERPRISE", "CORPORATE", "GENERAL", 13_600_000, "T0103")),
        ("wang_fang", ("王芳", "INDIVIDUAL", "RETAIL", "GENERAL", 6_000, "T0101")),
    ],
)
def test_cast_customer_is_as_described(bank: Bank, key: str, expected: tuple) -> None:
    (found,) = rows(
        bank,
        """SELECT c.name, any_value(c.kind), any_value(business_type), any_value(customer_group),
               (sum(average_cents) / 100)::BIGINT, any_value(manager_no)
           FROM customers AS c JOIN accounts USING (customer_no) JOIN products USING (product_code)
           JOIN balances USING (account_no)
           WHERE customer_no = ? AND month_on = DATE '2026-09-01' AND category NOT IN ('LOAN', 'CARD')
           GROUP BY c.name""",
        bank.cast_keys[key],
    )
    assert found == expected


def test_zhang_wei_renewed_six_tenths_and_complained_once(bank: Bank) -> None:
    number = bank.cast_keys["zhang_wei"]
    ((birth_on,),) = rows(bank, "SELECT birth_on FROM customers WHERE customer_no = ?", number)
    assert birth_on == date(1958, 10, 1)  # 67, his birthday in two days on 29 September 2026
    ((renewed, matured),) = rows(
        bank,
        """SELECT sum(principal_cents) FILTER (opening = 'RENEWED' AND opened_on > DATE '2025-09-30'),
               sum(principal_cents) FILTER (closed_on = matures_on AND closed_on > DATE '2025-09-30')
           FROM accounts WHERE customer_no = ?""",
        number,
    )
    assert renewed / matured == pytest.approx(0.6)
    events = rows(
        bank,
        "SELECT kind, outcome FROM events WHERE customer_no = ? AND kind IN ('COMPLAINT', 'REFERRAL')",
        number,
    )
    assert sorted(events) == [("COMPLAINT", "FOUNDED"), ("REFERRAL", "QUALIFIED")]


def test_dead_file_is_closed_and_empty(bank: Bank) -> None:
    number = bank.cast_keys["dead_file"]
    ((name, closed_on),) = rows(bank, "SELECT name, closed_on FROM customers WHERE customer_no = ?", number)
    assert (name, closed_on < date(2016, 9, 30)) == ("老客户-0099", True)
    assert rows(bank, "SELECT * FROM accounts WHERE customer_no = ?", number) == []


def test_chen_zhiqiang_leads_hai_chuan(bank: Bank) -> None:
    kinds = rows(
        bank,
        "SELECT kind FROM relations WHERE from_customer_no = ? AND to_customer_no = ? ORDER BY kind",
        bank.cast_keys["chen_zhiqiang"],
        bank.cast_keys["hai_chuan"],
    )
    assert kinds == [("CONTROLLER",), ("LEGAL_REPRESENTATIVE",)]


def test_every_referred_newcomer_has_one_referrer(bank: Bank) -> None:
    twice = """SELECT to_customer_no FROM relations WHERE kind = 'REFERRED' GROUP BY 1 HAVING count(*) > 1"""
    assert rows(bank, twice) == []
