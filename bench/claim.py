"""What a claim is, how it prints its figures, and how it is run alone: `python -m bench.evaluate`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Size = dict[str, Any]
DIGITS = 4
MUCH = 1e9
"""The ratio of something to nothing, as far as JSON can say it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside the `floor` it should stay near, the `peer` it should keep up with, or a `limit`.

    `is_ceiling` says whether the ratio must stay below the target (costs) or reach it (speeds).
    """

    name: str
    measured: float
    against: float
    beside: str
    target: float
    is_ceiling: bool
    notes: Size = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        if self.against:
            return self.measured / self.against
        return 0.0 if not self.measured else MUCH

    @property
    def is_ok(self) -> bool:
        return self.strain <= 1

    @property
    def strain(self) -> float:
        """How much of what the target allows is used: above one it is missed."""
        return self.ratio / self.target if self.is_ceiling else self.target / self.ratio

    def plain(self) -> dict[str, Any]:
        """The figure as it is printed."""
        return {
            "name": self.name,
            "measured": _short(self.measured),
            self.beside: _short(self.against),
            "ratio": _short(self.ratio),
            "target": _short(self.target),
            "ok": self.is_ok,
            **self.notes,
        }


def cost(name: str, measured: float, *, floor: float, at_most: float, **notes: Any) -> Figure:
    """A cost that may be at most so many times its floor."""
    return Figure(name, measured, floor, "floor", at_most, is_ceiling=True, notes=notes)


def within(name: str, measured: float, *, limit: float, **notes: Any) -> Figure:
    """A number that may not be above a fixed limit, which may be nought."""
    return Figure(name, measured, limit, "limit", 1.0, is_ceiling=True, notes=notes)


def speed(name: str, measured: float, *, peer: float, at_least: float, **notes: Any) -> Figure:
    """A speed that must reach at least this share of its peer's."""
    return Figure(name, measured, peer, "peer", at_least, is_ceiling=False, notes=notes)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim: the sizes it is measured at, and how. It holds when every figure does."""

    name: str
    sizes: dict[str, Size]
    measure: Callable[..., Sequence[Figure]]

    def outcome(self, size: Size) -> dict[str, Any]:
        """Measure at a size. The head of the answer is the figure under most strain, `parts` are all."""
        load = os.getloadavg()[0]
        figures = self.measure(**size)
        worst = max(figures, key=lambda figure: figure.strain)
        head = {**worst.plain(), "name": self.name, "ok": all(figure.is_ok for figure in figures)}
        plain = {"name": self.name, "size": size, **head}
        if len(figures) > 1:
            plain = {"name": self.name, "size": size, **{key: head[key] for key in _HEAD if key in head}}
            plain["parts"] = [figure.plain() for figure in figures]
        return {**plain, "machine": {"cores": os.cpu_count(), "load_before": round(load, 2)}}

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Measure, print one JSON object, and leave with 1 where the target is missed."""
        parser = argparse.ArgumentParser(prog=f"bench {self.name}")
        parser.add_argument("--size", choices=sorted(self.sizes), default="small")
        signal.signal(signal.SIGTERM, _leave)  # so that servers are stopped and folders removed
        outcome = self.outcome(self.sizes[parser.parse_args(arguments).size])
        print(json.dumps(outcome, ensure_ascii=False))
        sys.exit(0 if outcome["ok"] else 1)


_HEAD = ("measured", "floor", "peer", "limit", "ratio", "target", "ok")


def least_seconds(work: Callable[[], object], *, tries: int = 3) -> float:
    """The least time of a few tries: the machine's noise only ever adds."""
    return min(seconds_of(work, tries=tries))


def seconds_of(work: Callable[[], object], *, tries: int = 3) -> list[float]:
    """The times of a few tries."""
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _short(number: float) -> float:
    """A number with the digits that mean something."""
    return float(f"{number:.{DIGITS}g}")
