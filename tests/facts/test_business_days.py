"""The day of an import is the bank's: from 16:00 UTC on it is tomorrow in Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.facts import deliveries
from tests.facts.canonical import customer, deliver, outlet, staff
from zhike.customers.models import Portfolio
from zhike.facts.operations import imports

LATE = datetime(2026, 10, 7, 17, 30, tzinfo=UTC)  # 8 October, 01:30 in Shanghai


@pytest.mark.django_db(databases=["default", "loader"])
def test_a_fact_of_the_early_morning_is_not_of_the_future(tmp_path: Path, settings: Any) -> None:
    settings.HOME, settings.MAPPINGS = tmp_path, tmp_path / "mappings"
    deliveries.offer(settings.MAPPINGS)
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "units.csv").write_text(deliveries.UNITS, encoding="utf-8")
    (folder / "people.csv").write_text(deliveries.HEAD + "9001,甲,,101,2026-10-08\n", encoding="utf-8")
    batch = imports.read_extracts(mapping=settings.MAPPINGS / "small.toml", folder=folder, by=None, now=LATE)
    assert (batch.counts["customers"]["kept"], batch.reject_count) == (1, 0)


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_a_portfolio_begins_on_the_banks_day(committed: None) -> None:
    deliver(
        outlets=[outlet("101")],
        staff=[staff("N1", "101")],
        customers=[customer("7001", "101", "N1")],
        now=LATE,
    )
    assert Portfolio.objects.get().from_on == date(2026, 10, 8)
