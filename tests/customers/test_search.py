"""Finding customers: every way of asking, nothing out of scope, no scan of the table."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.cast import Bank
from tests.factories.files import file_away, filed

from zhike.core.access.acting import acting_as
from zhike.customers.models import Customer, SearchTerm
from zhike.customers.queries.search import matching, search
from zhike.staff.models import Staff


@pytest.fixture
def files(bank: Bank) -> Bank:
    """The cast with a few customers whose names are hard to find."""
    for row, phone in ((bank.zhang_wei, "13812346027"), (bank.li_na, "13912340001"), (bank.western, "")):
        file_away(row, phone=phone)
    filed(
        "6101",
        outlet=bank.donghu,
        manager=bank.chen,
        name="沈若岚",
        phone="13700006027",
        id_no="330106198204091232",
    )
    filed("6102", outlet=bank.donghu, manager=bank.lin, name="阿依古丽·买买提")
    filed("6103", outlet=bank.donghu, manager=bank.lin, name="𠮷野家")
    filed("6104", outlet=bank.donghu, manager=bank.lin, name="单雄信", phone="010-62345678")
    filed("6105", outlet=bank.donghu, manager=bank.lin, name="章伟")
    filed("6106", outlet=bank.west, name="沈若水", phone="13600006027")
    return bank


def found(text: str, staff: Staff, **options: object) -> list[str]:
    with acting_as(staff.pk):
        return [hit.customer.name for hit in search(text, staff=staff, **options)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("沈若岚", ["沈若岚"]), ("若岚", ["沈若岚"]), ("岚", ["沈若岚"]), ("shenruolan", ["沈若岚"]),
        ("Shen Ruo Lan", ["沈若岚"]), ("ruolan", ["沈若岚"]), ("srl", ["沈若岚"]), ("SRL", ["沈若岚"]),
        ("6101", ["沈若岚"]), ("６１０１", ["沈若岚"]), ("13700006027", ["沈若岚"]), ("+86 137 0000 6027", ["沈若岚"]),
        ("330106198204091232", ["沈若岚"]), ("６０２７", ["张伟", "沈若岚"]), ("6027", ["张伟", "沈若岚"]),
        ("买买提", ["阿依古丽·买买提"]), ("阿依古丽•买买提", ["阿依古丽·买买提"]), ("ayglmmt", ["阿依古丽·买买提"]),
        ("𠮷", ["𠮷野家"]), ("yejia", ["𠮷野家"]), ("shanxx", []), ("sxx", ["单雄信"]), ("dxx", ["单雄信"]),
        ("shanxiongxin", ["单雄信"]), ("張偉", ["张伟"]), ("zhangwei", ["张伟", "章伟"]),
        ("张伟", ["张伟"]), ("010-62345678", ["单雄信"]),
    ],
)  # fmt: skip
def test_every_way_of_asking_finds_the_customer(files: Bank, text: str, names: list[str]) -> None:
    numbers = ("13700006027",) if text.startswith("+86") else ()
    assert sorted(found(text, files.sun, numbers=numbers)) == sorted(names)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "　", "'; DROP TABLE customers_customer; --", "' OR '1'='1", "<script>alert(1)</script>",
        "x" * 10_000, "沈" * 10_000, "😀", "😀😀", "%", "_", "%%", "\\", "=1+1", "\x00", "\ud800", "١٢٣٤", "0" * 30,
        "NULL", "-1", "1e18",
    ],
)  # fmt: skip
def test_bad_input_finds_nothing_and_breaks_nothing(files: Bank, text: str) -> None:
    assert found(text, files.zheng) == []
    assert Customer.objects.count() == 9


def test_own_customers_come_first_then_whole_matches(files: Bank) -> None:
    assert found("6027", files.chen) == ["张伟", "沈若岚"]
    assert found("zhangwei", files.zheng) == ["张伟", "章伟"]
    filed("6107", outlet=files.donghu, manager=files.zheng, name="章伟业")
    assert found("zhangwei", files.zheng)[0] == "章伟业"
    assert found("张", files.zheng) == ["张伟"]


def test_the_own_portfolio_is_not_lost_behind_the_limit(files: Bank) -> None:
    for number in range(120):
        filed(f"7{number:03}", outlet=files.donghu, name="沈前", customer_group="CARD")
    own = filed("8001", outlet=files.donghu, manager=files.liu, name="沈末")
    assert found("shen", files.liu, limit=5)[0] == own.name


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("chen", ["沈若岚"]), ("lin", []), ("zhou", ["沈若岚"]), ("liu", ["沈若岚"]), ("sun", ["沈若岚"]),
        ("zheng", ["沈若岚", "沈若水"]), ("shen", ["沈若岚", "沈若水"]), ("outsider", []), ("liang", []),
    ],
)  # fmt: skip
def test_search_stays_in_scope(files: Bank, who: str, names: list[str]) -> None:
    for text in ("沈", "shenruo", "6027", "13700006027"):
        seen = set(found(text, getattr(files, who)))
        assert {name for name in seen if name.startswith("沈")} <= set(names)
    assert sorted(found("沈", getattr(files, who))) == sorted(names)


@pytest.mark.goal("G23")
def test_row_level_security_alone_hides_terms(files: Bank) -> None:
    with acting_as(files.chen.pk):
        assert not SearchTerm.objects.filter(term="沈若水").exists()
        assert SearchTerm.objects.filter(term="沈若岚").exists()
    with acting_as(files.outsider.pk):
        assert not SearchTerm.objects.exists()


def test_a_list_filters_by_the_same_words(files: Bank) -> None:
    with acting_as(files.sun.pk):
        scope = Customer.objects.visible_to(files.sun)
        assert {row.name for row in matching("沈", scope)} == {"沈若岚"}
        assert {row.name for row in matching("6027", scope)} == {"张伟", "沈若岚"}
        assert matching("", scope).count() == scope.count()
        assert matching("😀", scope).count() == 0


@pytest.mark.goal("G22")
def test_a_tail_is_not_stored_in_the_clear(files: Bank) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_searchterm WHERE term LIKE '%6027%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_costs_the_same_for_one_hit_and_for_three(
    files: Bank, count: int, django_assert_num_queries: object
) -> None:
    for number in range(count):
        filed(f"77{number}", outlet=files.donghu, manager=files.chen, name="庹一")
    staff = Staff.objects.get(pk=files.chen.pk)
    _ = staff.assignments
    with acting_as(staff.pk), django_assert_num_queries(6):
        assert len(search("庹一", staff=staff)) == count


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("張偉", ["张伟"]),
        ("张伟", ["张伟"]),
        ("陈", ["陳曉東"]),
        ("陈晓", ["陳曉東"]),
        ("陳曉", ["陳曉東"]),
        ("晓东", ["陳曉東"]),
        ("范", ["範麗"]),
        ("龘", []),
    ],
)
def test_either_script_finds_the_other_in_lists_and_in_the_search(
    files: Bank, typed: str, names: list[str]
) -> None:
    filed("6190", outlet=files.donghu, name="陳曉東")
    filed("6191", outlet=files.donghu, name="範麗")
    with acting_as(files.zheng.pk):
        scope = Customer.objects.visible_to(files.zheng)
        assert sorted(row.name for row in matching(typed, scope)) == names
    if names:
        assert found(typed, files.zheng) == names
