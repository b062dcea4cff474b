"""The demo bank's extract files of any size, as its core system sends them and once more as UTF-8."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from bench.data_sets import HERE, SOURCES, kept, version_of
from zhike.facts.demo.bank import build
from zhike.facts.demo.extracts import write_extracts
from zhike.facts.intake.mapping import Mapping, load_mapping

BUSINESS_DATE = date(2026, 9, 30)
READ_ON = date(2026, 10, 31)
MAPPING = HERE.parent / "mappings" / "tianhua.toml"
DETAIL_PERCENT = 6
"""Thins everyday payments to about twenty transactions a customer, the proportion of the other claims."""

JOURNAL, JOURNAL_FILES, CONTROL = "journal", "JYLS", "control"


def folder_of(customers: int) -> Path:
    """A folder with `gb18030` and `utf-8`, each holding all extracts of a bank of this size."""
    generator = (SOURCES / "facts" / "demo", SOURCES / "facts" / "contract.py", Path(__file__))
    return kept(f"extracts-{customers}", version_of(*generator), lambda made: _write(made, customers))


def journal_mapping(encoding: str) -> Mapping:
    """The bank's own mapping, cut down to the transactions and their control totals."""
    whole = load_mapping(MAPPING)
    sources = {
        name: replace(whole.sources[name], encoding=encoding) for name in (JOURNAL, CONTROL)
    }  # fmt: skip
    return replace(
        whole,
        sources=sources,
        feeds=tuple(feed for feed in whole.feeds if feed.source == JOURNAL),
        expectations=tuple(each for each in whole.expectations if each.name.startswith(JOURNAL_FILES)),
    )


def master_mapping() -> Mapping:
    """The bank's own mapping without its transactions: customers, accounts and balances."""
    whole = load_mapping(MAPPING)
    return replace(
        whole,
        sources={name: source for name, source in whole.sources.items() if name != JOURNAL},
        feeds=tuple(feed for feed in whole.feeds if feed.source != JOURNAL),
        expectations=tuple(each for each in whole.expectations if not each.name.startswith(JOURNAL_FILES)),
        running_balance=None,
    )


def _write(folder: Path, customers: int) -> None:
    with duckdb.connect() as duck:
        bank = build(duck, business_date=BUSINESS_DATE, customers=customers, detail_percent=DETAIL_PERCENT)
        paths = write_extracts(bank, folder / "gb18030")
    (folder / "utf-8").mkdir()
    for path in paths:
        if path.suffix == ".csv":
            with (
                path.open(encoding="gb18030", newline="") as text,
                (folder / "utf-8" / path.name).open("w", encoding="utf-8", newline="") as out,
            ):
                while piece := text.read(1 << 20):
                    out.write(piece)
