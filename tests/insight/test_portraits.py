"""The portrait is made once for a state of the facts, holds no personal data, and outlives what is killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from tests.cast import Bank
from tests.factories.holdings import published_run, standing
from tests.loyalty import golden
from tests.loyalty.golden import NOW

from zhike.analytics.portrait import Dimension, Field, Kind
from zhike.core import hearing
from zhike.core.models import AuditEvent, JobRun
from zhike.facts import api as facts
from zhike.facts.contract import TABLES, Privacy
from zhike.insight.models import Portrait
from zhike.insight.operations import files, portraits
from zhike.insight.queries import sources
from zhike.insight.queries.portraits import current, is_outdated
from zhike.insight.queries.sources import Provided, Source
from zhike.loyalty.api import PUBLISHED

pytestmark = pytest.mark.django_db


def rows(portrait: Portrait, columns: str = "*") -> list[tuple[object, ...]]:
    with duckdb.connect() as duck:
        return duck.execute(
            f"SELECT {columns} FROM '{facts.full_path(portrait.path)}' ORDER BY customer_id"
        ).fetchall()


@pytest.fixture
def marks(golden_bank: Bank) -> Iterator[Source]:
    """A room that hands up a mark of each customer, and says when it has new ones."""
    field = Field("MARK", Dimension.LOYALTY, Kind.NUMBER, "MARKS")

    def provide(stem: Path, as_of: date) -> Provided:
        query = f"SELECT id, 7 FROM customers_customer WHERE id = {golden_bank.zhang_wei.pk}"
        shape = (("customer_id", "BIGINT"), ("mark", "BIGINT"))
        return Provided((files.copy_query(query, shape, facts.beside(stem, "marks")),), as_of, "first")

    before = dict(sources._sources)
    source = Source("MARKS", "Marks", (field,), {}, lambda: "1", provide)
    sources.register_source(source)
    yield source
    sources._sources.clear()
    sources._sources.update(before)


@pytest.mark.requirement("L-10", "S-54")
def test_a_portrait_names_what_it_was_made_of_and_of_which_day(portrait: Portrait) -> None:
    assert (portrait.as_of, portrait.row_count, portrait.batches) == (
        golden.Q4,
        6,
        list(facts.snapshot().batches),
    )
    assert {"accounts", "balances", "events:COMPLAINT"} <= set(portrait.feeds)
    assert [source["code"] for source in portrait.sources] == ["CUSTOMER_FILE", "VALUE", "LOYALTY"]
    assert portrait.sources[0]["as_of"] == golden.Q4.isoformat()
    assert portrait.sha256 == facts.sha256_of(facts.full_path(portrait.path))
    assert AuditEvent.objects.filter(action="portrait.made").count() == 1


@pytest.mark.requirement("M-24")
def test_a_portrait_holds_numbers_of_customers_and_nothing_personal(portrait: Portrait) -> None:
    with duckdb.connect() as duck:
        described = duck.execute(f"DESCRIBE FROM '{facts.full_path(portrait.path)}'").fetchall()
    columns = {row[0] for row in described}
    personal = {
        column.name
        for table in TABLES.values()
        for column in table.columns
        if column.privacy is Privacy.PERSONAL
    }
    assert not columns & (personal | {"customer_no", "account_no", "name"})
    assert not [column for column in columns if "aml" in column or "violation" in column]


def test_an_age_is_a_band_and_words_that_tell_of_few_are_not_offered(golden_bank: Bank) -> None:
    golden_bank.zhang_wei.birth_on, golden_bank.zhang_wei.occupation = date(2001, 12, 31), "教师"
    golden_bank.zhang_wei.save()
    made = portraits.build_portrait(now=NOW)
    assert made is not None
    found = dict(rows(made, "customer_id, (age_band, occupation)"))
    assert found[golden_bank.zhang_wei.pk] == ("FROM_25", "教师")  # 25 on that very day
    assert found[golden_bank.western.pk] == (None, None)
    assert made.words == {"REGION": [], "OCCUPATION": [], "INDUSTRY": []}


def test_the_same_facts_give_the_same_portrait_and_new_ones_another(
    portrait: Portrait, golden_bank: Bank, lake: Path
) -> None:
    assert portraits.build_portrait(now=NOW) == portrait
    assert not is_outdated(current())
    golden.load(golden.golden_rows(golden_bank), lake=lake, digest="again", business_on=date(2027, 1, 31))
    assert is_outdated(current())
    later = portraits.build_portrait(now=NOW)
    assert later is not None
    assert (later.pk > portrait.pk, later.as_of) == (True, date(2027, 1, 31))
    third = golden.load(
        golden.golden_rows(golden_bank), lake=lake, digest="third", business_on=date(2027, 2, 28)
    )
    last = portraits.build_portrait(now=NOW)
    assert last is not None
    assert last.batches[-1] == third.pk
    portrait.refresh_from_db()
    assert portrait.path == ""
    assert sorted(file.name for file in (lake / "insight").iterdir()) == sorted(
        Path(each.path).name for each in (later, last)
    )


def test_a_source_of_a_room_above_is_joined_and_its_news_make_the_portrait_old(
    golden_bank: Bank, marks: Source
) -> None:
    made = portraits.build_portrait(now=NOW)
    assert made is not None
    assert dict(rows(made, "customer_id, mark"))[golden_bank.zhang_wei.pk] == 7
    assert made.known["MARK"] == 1
    assert not is_outdated(made)
    sources.register_source(replace(marks, state=lambda: "2"))
    assert is_outdated(made)


def test_a_source_with_a_customer_twice_is_not_taken_in(golden_bank: Bank, marks: Source, lake: Path) -> None:
    def twice(stem: Path, as_of: date) -> Provided:
        given = marks.provide(stem, as_of)
        return Provided((*given.paths, *given.paths))

    sources.register_source(replace(marks, provide=twice))
    with pytest.raises(portraits.Unsound):
        portraits.build_portrait(now=NOW)
    assert not list((lake / "insight").iterdir())
    assert current() is None


def test_a_killed_build_leaves_what_was_and_the_sweep_takes_the_rest(portrait: Portrait, lake: Path) -> None:
    left = lake / "insight" / "build-dead-portrait.parquet"
    left.write_bytes(b"x")
    orphan = lake / "insight" / "portrait-dead.parquet"
    orphan.write_bytes(b"x")
    assert rows(portrait, "customer_id")
    from zhike.facts.operations import sweeping

    assert any(path == left for pattern in sweeping._PASSING for path in lake.glob(pattern))
    assert not any(path == orphan for pattern in sweeping._PASSING for path in lake.glob(pattern))
    files.forget_all_but([portrait.path])
    assert not orphan.exists()
    assert facts.full_path(portrait.path).exists()


def test_loads_and_publications_ask_for_a_portrait_once_for_each_state(golden_bank: Bank) -> None:
    hearing.tell(facts.LOADED, batch=None, now=NOW)
    hearing.tell(PUBLISHED, run=None, now=NOW)
    asked = JobRun.objects.get(job=portraits.JOB)
    assert (asked.as_of, asked.state) == (golden.Q4, "QUEUED")


def test_nothing_is_asked_where_nothing_was_loaded(bank: Bank) -> None:
    assert portraits.ask_portrait(now=NOW) is None
    assert portraits.build_portrait(now=NOW) is None


def test_a_tier_in_the_portrait_is_the_one_shown_with_how_long_it_has_lasted(golden_bank: Bank) -> None:
    published = published_run(golden_bank.zheng)
    standing(golden_bank.zhang_wei, published, score=81.0, tier="HIGH", since_on=date(2026, 3, 15))
    made = portraits.build_portrait(now=NOW)
    assert made is not None
    found = dict(rows(made, "customer_id, (tier, score, tier_months)"))
    assert found[golden_bank.zhang_wei.pk] == ("HIGH", 81.0, 9)
    assert found[golden_bank.li_na.pk] == (None, None, None)
