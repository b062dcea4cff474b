"""Five hundred spoilt deliveries: each is refused with its reason or loaded whole, and nothing else happens."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from tests.facts.deliveries import MAPPING, PEOPLE, UNITS

from zhike.facts.operations import imports, loading, upserts
from zhike.run.checks.findings import Level
from zhike.run.checks.invariants import check_invariants, read_invariants

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "loader"]),
    pytest.mark.goal("G14"),
    pytest.mark.night,
    pytest.mark.timeout(1200),
]
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ROUNDS = 20
SECONDS_MAX = 20.0
Files = dict[str, bytes]
Mutator = Callable[[bytes, random.Random], bytes]
TABLES = ("staff_unit", "customers_customer", "customers_searchterm", "facts_account", "facts_lakefile")


def _at(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data))


def _inserted(piece: bytes) -> Mutator:
    def mutate(data: bytes, chance: random.Random) -> bytes:
        at = _at(data, chance)
        return data[:at] + piece + data[at:]

    return mutate


def _flipped(data: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        spoilt[_at(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _lines(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Mutator:
    return lambda data, chance: b"\n".join(change(data.split(b"\n"), chance))


def _shuffled_head(lines: list[bytes], chance: random.Random) -> list[bytes]:
    head = lines[0].split(b",")
    chance.shuffle(head)
    return [b",".join(head), *lines[1:]]


def _one_line(change: Callable[[bytes], bytes]) -> Mutator:
    def mutate(lines: list[bytes], chance: random.Random) -> list[bytes]:
        at = chance.randrange(1, len(lines) - 1)
        return [*lines[:at], change(lines[at]), *lines[at + 1 :]]

    return _lines(mutate)


MUTATORS: dict[str, Mutator] = {
    "cut off": lambda data, chance: data[: _at(data, chance)],
    "begun late": lambda data, chance: data[_at(data, chance) :],
    "bits flipped": _flipped,
    "a NUL": _inserted(b"\0"),
    "a byte of no script": _inserted(b"\xff"),
    "half a character": _inserted(b"\xe5\xbc"),
    "a lone surrogate": _inserted(b"\xed\xa0\x80"),
    "a quote that stays open": _inserted(b'"'),
    "an end of file within": _inserted(b"\x1a"),
    "a right-to-left mark": _inserted("\u202e".encode()),
    "another script": lambda data, _chance: data.decode().encode("gb18030"),
    "two bytes a character": lambda data, _chance: data.decode().encode("utf-16"),
    "two scripts at once": lambda data, chance: data + "张伟,李娜".encode("gb18030") + b"\n",
    "two marks of order": lambda data, _chance: b"\xef\xbb\xbf" * 2 + data,
    "old line ends": lambda data, _chance: data.replace(b"\n", b"\r"),
    "another separator": lambda data, chance: data.replace(b",", chance.choice([b";", b"\t", b"|"])),
    "no head": _lines(lambda lines, _chance: lines[1:]),
    "a head in another order": _lines(_shuffled_head),
    "a head twice": _lines(lambda lines, _chance: [lines[0], *lines]),
    "a column too many": _one_line(lambda line: line + b",more"),
    "a column too few": _one_line(lambda line: line.rpartition(b",")[0]),
    "a day that is none": _one_line(lambda line: line.replace(b"2024-03-01", b"2024-02-30")),
    "a formula": _one_line(lambda line: b"=cmd|' /C calc'!A0" + line),
    "a field without end": _one_line(lambda line: line + b"9" * 300_000),
    "the same again": _one_line(lambda line: line + b"\n" + line),
    "noise": lambda data, chance: chance.randbytes(len(data)),
}


def content() -> list[tuple[Any, ...]]:
    """What readers see: rows and a number for what stands in them, a table each."""
    found = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*), sum(hashtext(t::text)) FROM {table} t")
            found.append(cursor.fetchone())
    return found


def verdict(mapping: Path, folder: Path) -> str:
    """What became of a delivery; a fault begins with an exclamation mark."""
    before = content()
    try:
        batch = imports.take_in(mapping=mapping, folder=folder, by=None, now=NOW)[0]
    except imports.ImportRefused as refusal:
        if content() != before:
            return "!half loaded"
        said = refusal.batch is not None and (refusal.batch.refusal.get("code") or str(refusal))
        return "refused" if said else "!refused without a reason"
    except Exception as error:  # the very thing that must not happen
        return f"!{type(error).__name__}" + (" half loaded" if content() != before else "")
    kept = batch.counts["customers"]["kept"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer")
        return "loaded" if cursor.fetchone()[0] >= kept else "!loaded in part"


@pytest.fixture
def mapping(committed: None, tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def spoilt(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every mutator, many times, on the one file or the other."""
    for name, mutate in MUTATORS.items():
        for number in range(ROUNDS):
            chance = random.Random(f"{name} {number}")
            files = {"units.csv": UNITS.encode(), "people.csv": PEOPLE.encode()}
            victim = "units.csv" if number % 5 == 0 else "people.csv"
            with contextlib.suppress(ValueError):  # a file too short for this one stays as it is
                files[victim] = mutate(files[victim], chance)
            place = folder / f"{name} {number}"
            place.mkdir()
            for file, data in files.items():
                (place / file).write_bytes(data)
            yield f"{name} {number}", place


def test_spoilt_deliveries_are_refused_or_loaded_whole(
    mapping: Path, tmp_path: Path, address_of: Callable[[str], str], request: pytest.FixtureRequest
) -> None:
    found: dict[str, str] = {}
    slowest = 0.0
    for name, folder in spoilt(tmp_path):
        begun = time.monotonic()
        found[name] = verdict(mapping, folder)
        slowest = max(slowest, time.monotonic() - begun)
    with psycopg.connect(address_of("zhike_owner"), autocommit=True) as owner:
        checked = list(check_invariants(owner, read_invariants()))
    counts = Counter(found.values())
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        figures = {"deliveries": len(found), "slowest_s": round(slowest, 2), **counts}
        print(f"\n{request.node.name}: {json.dumps(figures)}")
    assert {name: what for name, what in found.items() if what.startswith("!")} == {}
    assert [finding.code for finding in checked if finding.level is Level.FAILURE] == []
    assert len(found) >= 500
    assert counts["refused"] > 100
    assert counts["loaded"] > 100
    assert slowest < SECONDS_MAX


def test_a_reader_that_stumbles_is_found(
    mapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "read", lambda *_args, **_more: int("１２x"))
    assert verdict(mapping, next(spoilt(tmp_path))[1]) == "!ValueError"


def test_a_load_without_its_transaction_is_found(
    mapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_args: object, **_more: object) -> None:
        raise RuntimeError

    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "units.csv").write_text(UNITS, encoding="utf-8")
    (tmp_path / "whole" / "people.csv").write_text(PEOPLE, encoding="utf-8")
    monkeypatch.setattr(upserts, "upsert_accounts", stumble)
    assert verdict(mapping, tmp_path / "whole") == "!RuntimeError"
    monkeypatch.setattr(loading.transaction, "atomic", lambda **_more: contextlib.nullcontext())
    assert verdict(mapping, tmp_path / "whole") == "!RuntimeError half loaded"
