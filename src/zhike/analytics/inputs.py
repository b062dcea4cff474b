"""Everything a run was computed from, frozen, so that it can be computed again bit for bit (L-42).

The facts themselves stay in the lake and are named by their batches. Fitted numbers and tables that were
computed outside SQL are stored with all their digits and are never fitted again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property

from zhike.analytics import scheme
from zhike.analytics.engine import Value
from zhike.analytics.scheme import SchemeSpec
from zhike.analytics.survival import Fit, Source


@dataclass(frozen=True, slots=True)
class FeedTotal:
    """Rows and control total (cents) of one feed: happenings within the window, standing data up to the date."""

    feed: str
    row_count: int
    sum_cents: int


@dataclass(frozen=True, slots=True)
class Statistic:
    """A small table computed outside SQL and joined, so that every engine sees the same numbers."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Value, ...], ...]

    def numbers(self, column: str) -> tuple[float, ...]:
        """Return one DOUBLE column, in the order of the rows."""
        at = [name for name, _ in self.columns].index(column)
        return tuple(cell for row in self.rows if isinstance(cell := row[at], float))


class SchemeTouched(ValueError):
    """The stored scheme is not the one that was frozen."""

    code = "SCHEME_TOUCHED"


class FrozenByAnotherRelease(Exception):
    """An indicator of the scheme meant something else when the inputs were frozen: only that `release` computes
    them again."""

    code = "FROZEN_BY_ANOTHER_RELEASE"

    def __init__(self, release: str) -> None:
        super().__init__(release)
        self.release = release


@dataclass(frozen=True)
class RunInputs:
    """The inputs of one run. `feeds` are the loaded ones; `sql_sha256` names the reviewed text."""

    spec: SchemeSpec
    as_of: date
    batches: tuple[str, ...]
    feeds: tuple[str, ...]
    totals: tuple[FeedTotal, ...]
    fits: tuple[Fit, ...]
    statistics: Mapping[str, Statistic]
    code_version: str
    sql_sha256: str

    def to_json(self) -> str:
        """Return the stored form: canonical, every digit kept."""
        return json.dumps(
            {
                "spec": self.spec.to_dict(),
                "spec_sha256": self.spec.sha256,
                "indicator_versions": self.spec.indicator_versions,
                "as_of": self.as_of.isoformat(),
                "batches": self.batches,
                "feeds": self.feeds,
                "totals": [asdict(total) for total in self.totals],
                "fits": [asdict(fit) for fit in self.fits],
                "statistics": {name: asdict(each) for name, each in self.statistics.items()},
                "code_version": self.code_version,
                "sql_sha256": self.sql_sha256,
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> RunInputs:
        """Read the stored form back.

        Raises SchemeTouched when the scheme in it is not the one it was, and FrozenByAnotherRelease when the
        scheme is, but this release gives one of its indicators another meaning.
        """
        plain = json.loads(text)
        spec = scheme.from_dict(plain["spec"])
        if spec.sha256 != plain["spec_sha256"]:
            # Early releases kept the versions in the hash alone; this one always writes them beside it.
            versions = plain.get("indicator_versions")
            if versions is None or spec.sha256_under(versions) == plain["spec_sha256"]:
                raise FrozenByAnotherRelease(plain["code_version"])
            raise SchemeTouched("the stored scheme does not have its stored hash")
        return cls(
            spec=spec,
            as_of=date.fromisoformat(plain["as_of"]),
            batches=tuple(plain["batches"]),
            feeds=tuple(plain["feeds"]),
            totals=tuple(FeedTotal(**each) for each in plain["totals"]),
            fits=tuple(Fit(**{**each, "source": Source(each["source"])}) for each in plain["fits"]),
            statistics={
                name: Statistic(
                    tuple((column, kind) for column, kind in each["columns"]),
                    tuple(tuple(row) for row in each["rows"]),
                )
                for name, each in plain["statistics"].items()
            },
            code_version=plain["code_version"],
            sql_sha256=plain["sql_sha256"],
        )

    @cached_property
    def sha256(self) -> str:
        """The hash of the stored form, in hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()
