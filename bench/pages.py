"""Claim: pages stay quick in a bank of a million customers.

Search, the list with two filters and the 360° page, opened as an account manager, as the head of a branch and
as somebody who sees the whole bank, at a real web server on real PostgreSQL as the application's role. For one
client, what we add to the same statements run bare is at most 40 milliseconds (the median over all addresses).
For one client and for eight, 95 of 100 answers take at most one and a half times as long as in a small bank;
both banks are served at the same time and opened in turns, so that what else the machine does meets both.
A page asks as many queries in the large bank as in the small one, and none reads a table of customers from
end to end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from bench import large_bank, page_queries
from bench.claim import Claim, Figure, cost, within
from bench.installation import apart, owner, running
from bench.page_clients import Timing, p95, serving, timings
from bench.page_queries import Page
from zhike.run import roles

ADDED_MS_MAX = 40.0
GROWTH = 1.5
ROUNDS = {1: 10, 8: 3}
WARM_UP = 2
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank whose pages are served, and how long each took by so many clients at once."""

    pages: list[Page]
    port: int
    taken: dict[int, list[Timing]] = field(default_factory=lambda: defaultdict(list))


def measure(customers: int, beside: int) -> list[Figure]:
    for size in (beside, customers):
        large_bank.home_of(size)  # made now: sessions would end while the larger bank is made
    with _open(beside) as small, _open(customers) as large:
        for clients, rounds in ROUNDS.items():
            for _ in range(rounds):
                for bank in (small, large):
                    bank.taken[clients] += timings(bank.port, bank.pages, clients=clients, rounds=1)
    kinds = list(dict.fromkeys(page.kind for page in large.pages))
    found = [figure for kind in kinds for figure in _figures(kind, small, large)]
    scans = sorted({scan for page in large.pages for scan in page.scanned})
    return [*found, within("sequential scans of tables of customers", len(scans), limit=0, scans=scans)]


@contextmanager
def _open(customers: int) -> Iterator[Bank]:
    """A bank of this size with its pages at a port, warm."""
    with running(large_bank.home_of(customers)) as installation:
        sessions = owner(installation, page_queries.sign_in)
        pages, _ = apart(installation, page_queries.inspect, sessions, names=(roles.APP,))
        with serving(installation) as port:
            timings(port, pages, clients=max(ROUNDS), rounds=WARM_UP)
            yield Bank(pages, port)


def _figures(kind: str, small: Bank, large: Bank) -> list[Figure]:
    pages = _of_kind(kind, large.pages)
    by_page = defaultdict(list)
    for page, seconds in _of(kind, large.taken[1]):
        by_page[page].append(seconds)
    added = median(MS * (min(by_page[page]) - page.sql_seconds) for page in pages)
    figures = [
        within(
            f"{kind}: added to the bare SQL, one client", added, limit=ADDED_MS_MAX, unit="ms",
            page_ms=round(median(MS * min(by_page[page]) for page in pages), 1),
            sql_ms=round(median(MS * page.sql_seconds for page in pages), 1),
        ),
        cost(f"{kind}: queries", _most(pages), floor=_most(_of_kind(kind, small.pages)), at_most=1.0),
    ]  # fmt: skip
    for clients in ROUNDS:
        before, now = (
            MS * p95([seconds for _, seconds in _of(kind, bank.taken[clients])]) for bank in (small, large)
        )
        figures.append(cost(f"{kind}: p95, {clients} at once", now, floor=before, at_most=GROWTH, unit="ms"))
    return figures


def _of(kind: str, found: Sequence[Timing]) -> list[Timing]:
    return [(page, seconds) for page, seconds in found if page.kind == kind]


def _of_kind(kind: str, pages: Sequence[Page]) -> list[Page]:
    return [page for page in pages if page.kind == kind]


def _most(pages: Sequence[Page]) -> int:
    return max(page.query_count for page in pages)


CLAIM = Claim(
    "pages",
    {
        "small": {"customers": 20_000, "beside": 2_000},
        "full": {"customers": 1_000_000, "beside": 10_000},
    },
    measure,
)

if __name__ == "__main__":
    CLAIM.main()
