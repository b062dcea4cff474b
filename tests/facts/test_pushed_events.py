"""Pushed events become the rows a file would have made: the same checks, one load, nothing of the past changed."""

from __future__ import annotations

import csv
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.factories.people import person
from tests.facts.canonical import customer, deliver, event, outlet
from zhike.core import parameters
from zhike.core.models import JobRun
from zhike.facts import jobs
from zhike.facts.api import snapshot, snapshot_of
from zhike.facts.contract import EVENT_KINDS, EVENT_OUTCOMES, EVENT_RULES
from zhike.facts.contract import EVENTS as TABLE
from zhike.facts.intake.judging import Offered, fault_of
from zhike.facts.intake.mapping import load_mapping
from zhike.facts.intake.reading import read
from zhike.facts.models import Event, ImportBatch, LakeFile, PushedEvent
from zhike.facts.operations import imports, pushes
from zhike.facts.queries.mappings import EVENTS
from zhike.staff.models import Unit

NOW = datetime(2026, 10, 9, 1, 0, tzinfo=UTC)
TODAY = date(2026, 10, 9)
COMPLAINT = Offered("TS-1", "90001", "COMPLAINT", date(2026, 10, 5), "FOUNDED", severity=2)
pushing = pytest.mark.django_db(transaction=True, databases=["default", "loader"])


@pytest.fixture
def loaded(committed: None) -> ImportBatch:
    """A bank of two customers and one event."""
    return deliver(
        outlets=[outlet("101")], customers=[customer("90001", "101"), customer("90002", "101")],
        events=[event("E-1", "90002", date(2026, 9, 3))],
    )  # fmt: skip


@pytest.fixture
def pushed_by(loaded: ImportBatch) -> Any:
    return person("C002", "CRM_ANALYST", at=Unit.objects.get(code="101"), name="吴越")


def push(by: Any, *offered: Offered, now: datetime = NOW) -> list[str]:
    return [str(result.state) for result in pushes.record_events(offered=offered, by=by, now=now).results]


def lake_events() -> list[tuple[Any, ...]]:
    files = snapshot().sources["events"]
    with duckdb.connect() as duck:
        return duck.execute(
            "SELECT * FROM read_parquet($files) ORDER BY event_no", {"files": files}
        ).fetchall()


def stored() -> list[tuple[Any, ...]]:
    names = [column.name for column in TABLE.columns if column.name != "customer_no"]
    return list(Event.objects.order_by("event_no").values_list(*names, "customer__customer_no"))


def write(folder: Path, offered: list[Offered]) -> Path:
    """The events as an integrator's files: written by hand from the mapping's own headers."""
    for name, source in load_mapping(EVENTS).sources.items():
        own = [asdict(one) for one in offered if one.kind.lower() == name]
        if own:
            with (folder / f"{name}_1.csv").open("w", encoding="utf-8", newline="") as file:
                rows = csv.DictWriter(file, list(source.columns.values()), extrasaction="ignore")
                rows.writeheader()
                rows.writerows(own)
    return folder


@pushing
@pytest.mark.requirement("N-21")
def test_events_pushed_and_events_by_file_make_the_same_rows(pushed_by: Any, tmp_path: Path) -> None:
    events = [
        COMPLAINT, Offered("DC-1", "90002", "ANSWER", date(2026, 10, 1), "VALID", satisfaction=4, intention=9),
        Offered("BF-1", "90001", "VISIT", date(2026, 8, 31), "DONE", staff_no="C002"),
        Offered("CC-1", "90002", "HOLDINGS_ELSEWHERE", TODAY, "VALID", amount_cents=10**15 - 1),
    ]  # fmt: skip
    assert push(pushed_by, *events) == ["ACCEPTED"] * 4
    assert (Event.objects.count(), len(lake_events())) == (1, 1)
    batch = pushes.take_pushed(now=NOW)
    assert batch is not None and (batch.state, batch.reject_count) == ("LOADED", 0)
    by_push = stored(), lake_events()
    assert set(PushedEvent.objects.values_list("batch", flat=True)) == {batch.pk}
    Event.objects.exclude(event_no="E-1").delete()
    LakeFile.objects.filter(batch=batch).delete()
    LakeFile.objects.filter(replaced_by=batch).update(replaced_by=None)
    ImportBatch.objects.filter(pk=batch.pk).update(digest="gone")
    by_file, is_new = imports.take_in(mapping=EVENTS, folder=write(tmp_path, events), by=None, now=NOW)
    assert is_new and by_file.reject_count == 0
    assert (stored(), lake_events()) == by_push
    assert len(by_push[0]) == 5


@pushing
def test_a_load_of_events_alone_leaves_everything_else_as_it_lies(
    loaded: ImportBatch, pushed_by: Any
) -> None:
    before = snapshot()
    push(pushed_by, Offered("TS-0", "90001", "COMPLAINT", date(2026, 9, 1), "FOUNDED", severity=1), COMPLAINT)
    batch = pushes.take_pushed(now=NOW)
    assert batch is not None
    written = LakeFile.objects.filter(batch=batch)
    assert [(file.table, str(file.month_on)) for file in written.order_by("month_on")] == [
        ("events", "2026-09-01"), ("events", "2026-10-01"),
    ]  # fmt: skip
    after = snapshot()
    assert after.business_on == before.business_on == loaded.business_on
    assert {"events", "events:COMPLAINT"} == {feed for _day, feed in after.deliveries}
    again = snapshot_of(before.batches)
    assert [file.path for file in again.files] == [file.path for file in before.files]
    assert again.sums_cents == before.sums_cents and again.row_counts == before.row_counts


@pushing
def test_a_correction_and_the_next_day_are_loaded_once_each(pushed_by: Any) -> None:
    late = datetime(2026, 10, 9, 15, 57, tzinfo=UTC)
    tomorrow = Offered("TS-2", "90001", "COMPLAINT", date(2026, 10, 10), "OPEN", severity=1)
    push(pushed_by, COMPLAINT, Offered(**{**asdict(COMPLAINT), "outcome": "UNFOUNDED", "revision": 2}))
    assert push(pushed_by, tomorrow, now=late) == ["ACCEPTED"]
    assert push(pushed_by, Offered(**{**asdict(tomorrow), "event_no": "TS-3"}), now=NOW) == ["REFUSED"]
    pushes.take_pushed(now=late)
    assert dict(Event.objects.values_list("event_no", "outcome")) == {"E-1": "FOUNDED", "TS-1": "UNFOUNDED"}
    assert pushes.take_pushed(now=late) is None
    pushes.take_pushed(now=late + timedelta(hours=1))
    assert Event.objects.get(event_no="TS-2").outcome == "OPEN"


@pushing
@pytest.mark.goal("G15")
def test_a_load_that_dies_leaves_its_events_waiting(pushed_by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    push(pushed_by, COMPLAINT)
    with monkeypatch.context() as patched:
        patched.setattr(imports, "load", _dies)
        with pytest.raises(RuntimeError):
            pushes.take_pushed(now=NOW)
    ImportBatch.objects.filter(state="PREVIEW").update(state="LOADING")
    batch = pushes.take_pushed(now=NOW)
    assert batch is not None and batch.state == "LOADED"
    assert Event.objects.filter(event_no="TS-1").count() == 1
    assert pushes.take_pushed(now=NOW) is None


def _dies(*_args: Any, **_values: Any) -> None:
    raise RuntimeError("killed")


@pushing
def test_the_worker_loads_what_waits_once_an_interval(
    pushed_by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.take_pushed(timestamp=0)
    assert not JobRun.objects.filter(job="facts.take_pushed").exists()
    push(pushed_by, COMPLAINT)
    jobs.take_pushed(timestamp=0)
    push(pushed_by, Offered(**{**asdict(COMPLAINT), "event_no": "TS-2"}))
    jobs.take_pushed(timestamp=0)
    assert [run.state for run in JobRun.objects.filter(job="facts.take_pushed")] == ["DONE"]
    assert set(Event.objects.values_list("event_no", flat=True)) == {"E-1", "TS-1"}
    JobRun.objects.update(asked_at=NOW - timedelta(minutes=parameters.value("event.take_minutes", on=TODAY)))
    JobRun.objects.update(key="earlier")
    jobs.take_pushed(timestamp=0)
    assert Event.objects.count() == 3


def test_every_kind_of_event_has_a_rule_and_a_source_in_the_mapping() -> None:
    assert list(EVENT_RULES) == list(EVENT_KINDS)
    assert {name.upper() for name in load_mapping(EVENTS).sources} == set(EVENT_KINDS)
    assert {outcome for rule in EVENT_RULES.values() for outcome in rule.outcomes} == set(EVENT_OUTCOMES)


_whole = st.none() | st.integers(-2, 12) | st.sampled_from([-(2**63), 2**63 - 1, 10**15 - 1, 10**15])
_offers = st.builds(
    Offered, event_no=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,8}\Z"),
    customer_no=st.just("90001"), kind=st.sampled_from(EVENT_KINDS),
    happened_on=st.dates(TODAY - timedelta(days=40), TODAY + timedelta(days=2)),
    outcome=st.sampled_from(EVENT_OUTCOMES),
    severity=_whole, satisfaction=_whole, intention=_whole, amount_cents=_whole,
)  # fmt: skip
"""Events whose values the file of their kind has no column for are left out: a file cannot say them at all."""


@pytest.mark.requirement("N-21")
@settings(
    max_examples=8,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(offered=st.lists(_offers, min_size=1, max_size=40, unique_by=lambda one: one.event_no))
@example(offered=[COMPLAINT])
def test_a_file_accepts_exactly_what_a_program_may_push(
    offered: list[Offered], tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = [_as_a_file_says_it(one) for one in offered]
    folder, work = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("work")
    reading = read(
        load_mapping(EVENTS), write(folder, said), work, today=TODAY, known={"customers": ["90001"]}
    )
    try:
        found = reading.connection.execute("SELECT * FROM events").fetchall()
    finally:
        reading.connection.close()
    pushable = [one for one in said if fault_of(one, today=TODAY) is None]
    wanted = [
        tuple(
            asdict(one)[column.name] if asdict(one)[column.name] != "" else None for column in TABLE.columns
        )
        for one in pushable
    ]
    assert sorted(found, key=str) == sorted(wanted, key=str)


def _as_a_file_says_it(one: Offered) -> Offered:
    foreign = {"severity", "satisfaction", "intention", "amount_cents"} - set(EVENT_RULES[one.kind].values)
    return Offered(**{**asdict(one), **dict.fromkeys(foreign)})
