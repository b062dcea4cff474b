"""How a name is read, folded and cut into terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.customers.names import (
    fold,
    name_sort,
    phone_tail_term,
    prefix_range,
    readings,
    search_terms,
    simplified,
    sounds_of,
)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("  沈 若岚 ", "沈若岚"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("阿依古丽•买买提", "阿依古丽买买提"),
        ("阿依古丽・买买提", "阿依古丽买买提"),
        ("６００１－Ａ", "6001a"),
        ("Lü Bu", "lvbu"),
        ("O'Brien", "obrien"),
        ("𠮷野家", "𠮷野家"),
        ("😀", ""),
        ("   ", ""),
        ("%_\\", ""),
        ("<script>", "script"),
    ],
)
def test_fold_keeps_letters_and_digits_only(typed: str, plain: str) -> None:
    assert fold(typed) == plain


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("沈若岚", "shen ruo lan"),
        ("单雄信", "shan xiong xin"),
        ("曾国藩", "zeng guo fan"),
        ("解珍", "xie zhen"),
        ("仇和", "qiu he"),
        ("查良镛", "zha liang yong"),
        ("區志航", "ou zhi hang"),
        ("尉迟恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("重庆长安银行", "chong qing chang an yin hang"),
        ("㛃", "jie"),
        ("𠮷野", "𠮷 ye"),
    ],
)
def test_the_first_reading_is_the_usual_one(name: str, spoken: str) -> None:
    assert " ".join(readings(name)[0]) == spoken


def test_a_surname_with_two_readings_is_found_by_both() -> None:
    assert {"shanxiongxin", "danxiongxin", "sxx", "dxx"} <= set(search_terms(name="单雄信", customer_no="1"))


def test_terms_begin_at_every_part_of_the_name() -> None:
    assert search_terms(name="沈若岚", customer_no="6100-1") == [
        "61001", "lan", "rl", "ruolan", "shenruolan", "srl", "岚", "沈若岚", "若岚",
    ]  # fmt: skip


def test_a_customer_without_a_name_is_found_by_number() -> None:
    assert search_terms(name="", customer_no="B0001") == ["b0001"]


def test_terms_never_outgrow_their_column() -> None:
    assert max(map(len, search_terms(name="长" * 120, customer_no="1"))) <= 120
    assert len(name_sort("长" * 120)) <= 200


def test_traditional_and_simplified_sound_the_same() -> None:
    assert sounds_of("張偉") == sounds_of("张伟") == ["zhangwei"]
    assert sounds_of("zhang") == []


@pytest.mark.parametrize(
    ("simple", "written"),
    [
        ("张伟", "張偉"), ("余丽", "餘麗"), ("余丽", "余麗"), ("于丽", "於麗"), ("范丽", "範麗"), ("范丽", "范麗"),
        ("陈为民", "陳為民"), ("陈为民", "陳爲民"), ("陈启明", "陳啟明"), ("刘峰", "劉峯"), ("陈群英", "陳羣英"),
        ("李后", "李後"),
    ],
)  # fmt: skip
def test_both_scripts_meet_in_simplified_characters(simple: str, written: str) -> None:
    assert simplified(written) == simplified(simple) == simple
    assert set(search_terms(name=written, customer_no="1")) >= {simple, simple[1:]}


def test_texts_without_traditional_characters_stay_as_they_are() -> None:
    for text in ("zhangwei", "王", "😀", "𠮷野家", ""):
        assert simplified(text) == text


def test_names_are_sorted_by_sound_then_by_characters() -> None:
    assert sorted(["张伟", "安娜", "章伟", "单于"], key=name_sort) == ["安娜", "单于", "张伟", "章伟"]


@pytest.mark.django_db
def test_a_phone_tail_is_a_term_that_cannot_be_typed() -> None:
    term = phone_tail_term("+86 138-0000-６０２７")
    assert term == phone_tail_term("13900006027")
    assert "6027" not in term
    assert fold(term) != term


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_range_of_a_prefix_holds_what_begins_with_it_and_nothing_else(prefix: str, other: str) -> None:
    first, last = (bound.encode("utf-8", "surrogatepass") for bound in prefix_range(prefix))
    term = other.encode("utf-8", "surrogatepass")
    assert (first <= term < last) == term.startswith(first)


@given(st.text(max_size=60))
def test_any_text_can_be_a_name(name: str) -> None:
    for term in search_terms(name=name, customer_no="1"):
        assert term == fold(term)
        assert term
