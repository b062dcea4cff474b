"""The table of masks, as compliance signs it off."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zhike.customers import masking

pytestmark = pytest.mark.requirement("L-33")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("沈若岚", "沈*岚"), ("李娜", "*娜"), ("李", "*"), ("欧阳若兰", "欧**兰"), ("", ""),
        ("阿依古丽·买买提", "阿***·买**"), ("𠮷野家", "𠮷*家"),
    ],
)  # fmt: skip
def test_a_name_keeps_its_ends(name: str, shown: str) -> None:
    assert masking.mask_name(name) == shown


def test_the_name_of_an_enterprise_is_public() -> None:
    assert masking.mask_name("拓恒精密制造有限公司", kind="ENTERPRISE") == "拓恒精密制造有限公司"


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812346027", "138****6027"), ("010-12345678", "010-******78"), ("0571-8765432-123", "0571-*****32"),
        ("+14155550123", "**********23"), ("4008001234", "********34"), ("12", "**"), ("", ""),
    ],
)  # fmt: skip
def test_a_phone_keeps_what_a_caller_needs(phone: str, shown: str) -> None:
    assert masking.mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("id_no", "id_type", "shown"),
    [
        ("330106198204091232", "RESIDENT_ID", "330**************2"),
        ("11010519491231002X", "RESIDENT_ID", "110**************X"),
        ("91330106MA27XYZQ1A", "USCC", "9133**********ZQ1A"),
        ("E12345678", "PASSPORT", "E******78"),
        ("12", "PASSPORT", "**"),
    ],
)
def test_an_id_number_keeps_its_region_and_its_end(id_no: str, id_type: str, shown: str) -> None:
    assert masking.mask_id(id_no, id_type=id_type) == shown


def test_the_birth_date_inside_a_resident_id_is_never_shown() -> None:
    assert "1982" not in masking.mask_id("330106198204091232")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区***"),
        ("浙江省杭州市西湖區文三路1號", "浙江省杭州市西湖區***"),
        ("天华市城东区东湖路8号区政府宿舍", "天华市城东区***"), ("浙江省义乌市稠城街道5号", "浙江省义乌市***"),
        ("湖北省恩施土家族苗族自治州来凤县翔凤镇", "湖北省恩施土家族苗族自治州来凤县***"),
        ("12 Main Street", "***"), ("", ""),
    ],
)  # fmt: skip
def test_an_address_ends_at_the_district(address: str, shown: str) -> None:
    assert masking.mask_address(address) == shown


def test_an_account_keeps_four_digits_and_hides_its_length() -> None:
    assert masking.mask_account("6222021234566027") == masking.mask_account("66660000006027") == "****6027"


def test_an_email_keeps_its_domain() -> None:
    assert masking.mask_email("ruolan@example.com") == "r***@example.com"


@given(st.sampled_from(sorted(masking.masks())), st.text(min_size=1, max_size=30))
@example("email", "@")
@example("email", "@example.com")
def test_no_mask_lets_a_whole_value_through(field: str, value: str) -> None:
    shown = masking.masks()[field](value)
    assert "*" in shown
    assert shown != value or set(value) <= {"*"} or value.endswith("***")


@pytest.mark.parametrize(
    ("birth_on", "day", "age"),
    [
        (date(1982, 4, 9), date(2026, 4, 8), 43), (date(1982, 4, 9), date(2026, 4, 9), 44),
        (date(2000, 2, 29), date(2026, 2, 28), 25), (date(2000, 2, 29), date(2026, 3, 1), 26),
        (None, date(2026, 1, 1), None), (date(2030, 1, 1), date(2026, 1, 1), None),
    ],
)  # fmt: skip
def test_age_counts_full_years(birth_on: date | None, day: date, age: int | None) -> None:
    assert masking.age_on(birth_on, day) == age
