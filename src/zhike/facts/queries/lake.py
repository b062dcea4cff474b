"""Reading the lake: only files that committed batches name, as of now or as of a past list of batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhike.facts.contract import LAKE_COLUMNS
from zhike.facts.enums import BatchState
from zhike.facts.models import ImportBatch, LakeFile

FACT_TABLES = ("balances", "transactions", "events")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A fixed state of the facts: the batches it knows, the files per table, what each file must hold."""

    batches: tuple[int, ...]
    business_on: date | None
    sources: dict[str, list[str]] = field(default_factory=dict)
    files: tuple[LakeFile, ...] = ()
    deliveries: tuple[tuple[date, str], ...] = ()
    """Business date and feed of each delivery, empty ones too; a feed is a table, or `events:KIND`."""

    def delivered(self, *, since: date) -> frozenset[str]:
        """The feeds delivered for a business date from a day on."""
        return frozenset(feed for business_on, feed in self.deliveries if business_on >= since)

    @property
    def row_counts(self) -> dict[str, int]:
        """Rows per table as the committed batches recorded them."""
        counts = dict.fromkeys(LAKE_COLUMNS, 0)
        for file in self.files:
            counts[file.table] += file.row_count
        return counts

    @property
    def sums_cents(self) -> dict[str, int]:
        """Σ of the amounts per fact table as the committed batches recorded them."""
        sums: dict[str, int] = {}
        for file in self.files:
            if file.sum_cents is not None:
                sums[file.table] = sums.get(file.table, 0) + file.sum_cents
        return sums


def full_path(path: str) -> Path:
    """Where a file lies that the database names."""
    return Path(settings.LAKE) / path


def snapshot(*, as_of: date | None = None) -> Snapshot:
    """What is loaded now. `as_of` is the caller's business date; it restricts no file, only the reading does."""
    return _snapshot(list(_loaded()))


def snapshot_of(batches: tuple[int, ...]) -> Snapshot:
    """The state that exactly these batches made. Raises LookupError if one of them is gone."""
    found = list(_loaded().filter(pk__in=batches))
    if len(found) != len(batches):
        raise LookupError(_("A load that this evaluation reads is no longer there."))
    return _snapshot(found)


def _loaded() -> QuerySet[ImportBatch]:
    """In the order in which they took effect: a batch read early may be loaded late."""
    return ImportBatch.objects.filter(state=BatchState.LOADED).defer("rejects").order_by("load_no")


def _snapshot(batches: list[ImportBatch]) -> Snapshot:
    last = (batches[-1].load_no if batches else None) or 0
    files = LakeFile.objects.filter(batch__in=[batch.pk for batch in batches]).filter(
        Q(replaced_by=None) | Q(replaced_by__load_no__gt=last)
    )
    named = list(files.order_by("table", "month_on", "path"))
    sources: dict[str, list[str]] = {table: [] for table in LAKE_COLUMNS}
    for file in named:
        sources[file.table].append(str(full_path(file.path)))
    days = [batch.business_on for batch in batches if batch.business_on]
    return Snapshot(
        batches=tuple(batch.pk for batch in batches),
        business_on=max(days) if days else None,
        sources=sources,
        files=tuple(named),
        deliveries=tuple(
            (batch.business_on, feed)
            for batch in batches
            if batch.business_on
            for counts in batch.counts.values()
            for feed in counts.get("feeds", ())
        ),
    )


@dataclass(frozen=True, slots=True)
class OldTransaction:
    """A transaction of the lake, as the screens show it."""

    txn_no: str
    account_id: int
    booked_on: date
    kind: str
    amount_cents: int
    channel: str
    balance_cents: int | None
    purpose: str


def transactions_of(*, customer_id: int, since: date, until: date, limit: int = 500) -> list[OldTransaction]:
    """A customer's transactions with since ≤ day < until, newest first, from the months of the lake.

    The caller has checked the scope; the lake itself knows no people.
    """
    files = LakeFile.objects.filter(
        table="transactions", replaced_by=None, month_on__gte=since.replace(day=1), month_on__lt=until
    ).order_by("month_on")
    paths = [str(full_path(file.path)) for file in files]
    if not paths:
        return []
    with duckdb.connect(":memory:", config={"threads": 1}) as duck:
        rows = duck.execute(
            """
            SELECT txn_no, account_id, booked_on, kind, amount_cents, channel, balance_cents, coalesce(purpose, '')
              FROM read_parquet($paths)
             WHERE customer_id = $customer AND booked_on >= $since AND booked_on < $until
             ORDER BY booked_on DESC, txn_no DESC LIMIT $limit
            """,
            {"paths": paths, "customer": customer_id, "since": since, "until": until, "limit": limit},
        ).fetchall()
    return [OldTransaction(*row) for row in rows]
