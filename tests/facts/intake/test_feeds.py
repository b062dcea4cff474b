"""Which feeds a delivery holds: kinds of events by the mapping, whether or not a row came."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhike.facts import contract
from zhike.facts.intake.feeds import feeds_of
from zhike.facts.intake.mapping import load_mapping

MAPPINGS = Path(__file__).parents[3] / "mappings"


@pytest.mark.requirement("L-39")
def test_a_delivery_of_events_holds_every_kind_that_the_mapping_knows() -> None:
    mapping = load_mapping(MAPPINGS / "tianhua.toml")
    found = feeds_of(mapping, set(mapping.sources))
    assert {"customers", "balances", "events", "events:COMPLAINT", "events:ANSWER"} <= set(found)
    assert "events:OBJECTION" in found


def test_a_kind_without_a_code_in_the_mapping_is_not_delivered(tmp_path: Path) -> None:
    lines = (MAPPINGS / "tianhua.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    without = tmp_path / "tianhua.toml"
    without.write_text("".join(line for line in lines if "OBJECTION" not in line), encoding="utf-8")
    mapping = load_mapping(without)
    found = feeds_of(mapping, set(mapping.sources))
    assert "events:COMPLAINT" in found
    assert "events:OBJECTION" not in found


def test_a_source_that_was_not_delivered_holds_nothing() -> None:
    mapping = load_mapping(MAPPINGS / "tianhua.toml")
    (events,) = [feed.source for feed in mapping.feeds if feed.table is contract.EVENTS]
    found = feeds_of(mapping, set(mapping.sources) - {events})
    assert not [feed for feed in found if feed.startswith("events")]


def test_balances_made_of_transactions_are_delivered_with_them() -> None:
    mapping = load_mapping(MAPPINGS / "berka.toml")
    found = feeds_of(mapping, set(mapping.sources))
    assert "balances" in found and not [feed for feed in found if feed.startswith("events")]
