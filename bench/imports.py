"""Claim: taking in files costs little more than what any loader of them must do.

Transactions: from the bank's CSV through every check into the lake, in rows a second, against DuckDB merely
converting the same rows to Parquet; at least a third. Once as UTF-8, which is the same text for both, and once
as GB18030, the bank's own layout, which DuckDB alone cannot read.

Customers and accounts: numbering, sealing, search terms and the upserts, in rows a second, against bare COPY and
INSERT … ON CONFLICT of exactly the rows that end up in PostgreSQL, into tables with the same indexes and
constraints; at least half. `peer_without_terms` is the same peer without the search terms' rows.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench import extracts, peer_load
from bench.claim import Claim, Figure, least_seconds, speed
from bench.data_sets import cache
from bench.installation import owner, running, worker
from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Mapping
from zhike.facts.intake.reading import read

TO_LAKE = 1 / 3
TO_POSTGRES = 1 / 2


def measure(customers: int) -> list[Figure]:
    made = extracts.folder_of(customers)
    folder = Path(tempfile.mkdtemp(prefix="import-", dir=cache()))
    folder.chmod(0o711)
    try:
        with running(folder) as installation:
            steps, peak = worker(installation, load_customers, made, folder)
            rows, peers = owner(installation, peer_load.measure, folder)
            found = [
                speed(
                    "customers and accounts to PostgreSQL", rows["base"] / sum(steps.values()),
                    peer=rows["base"] / peers["all"], at_least=TO_POSTGRES, unit="customers and accounts / s",
                    steps=_rounded(steps), peer_without_terms=round(rows["base"] / peers["without_terms"], 1),
                    rows=rows, peak_bytes=peak.total,
                )
            ]  # fmt: skip
            for encoding in ("utf-8", "gb18030"):
                (count, times), peak = worker(installation, load_transactions, made, encoding, folder)
                peer = least_seconds(lambda: convert(made / "utf-8", folder))
                found.append(
                    speed(
                        f"transactions as {encoding} to the lake", count / sum(times.values()), peer=count / peer,
                        at_least=TO_LAKE, unit="rows / s", steps=_rounded(times), rows=count,
                        peak_bytes=peak.total,
                    )
                )  # fmt: skip
    finally:
        shutil.rmtree(folder)
    return found


def convert(folder: Path, work: Path) -> None:
    """What DuckDB does with the same text when nothing is checked."""
    with duckdb.connect() as duck:
        duck.execute(
            f"COPY (FROM read_csv('{folder}/{extracts.JOURNAL_FILES}_*.csv')) TO '{work}/converted.parquet'"
        )


def load_customers(made: Path, folder: Path) -> dict[str, float]:
    """Read the files, then load customers and accounts in one transaction; seconds by step of the load."""
    from django.db import transaction

    from zhike.facts.operations import numbering, personal, tables, upserts

    now = datetime.now(UTC)
    with _read(extracts.master_mapping(), made / "gb18030", folder) as (duck, work):
        times = Times()
        with transaction.atomic(using="loader", durable=True):
            tables.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            with times.of("number"):
                numbering.number(duck, work=work)
            upserts.upsert_units(duck)
            upserts.upsert_staff(duck)
            upserts.upsert_products(duck, work=work)
            with times.of("seal"):
                personal.seal_people(duck)
            with times.of("customers and terms"):
                upserts.upsert_customers(duck, work=work, on=now.date())
            with times.of("accounts"):
                upserts.upsert_accounts(duck, work=work)
            committing = time.perf_counter()
        times.seconds["commit"] = time.perf_counter() - committing
    return times.seconds


def load_transactions(made: Path, encoding: str, folder: Path) -> tuple[int, dict[str, float]]:
    """Read and check the transactions of known accounts and write the lake; rows, and seconds by step."""
    from zhike.facts.models import ImportBatch
    from zhike.facts.operations import lake, loading, numbering

    batch = ImportBatch.objects.create(
        mapping="bench", digest=encoding, asked_by="bench", asked_at=datetime.now(UTC)
    )
    mapping = extracts.journal_mapping(encoding)
    times = Times()
    with (
        times.of("read and check"),
        _read(mapping, made / encoding, folder, known=_accounts()) as (duck, work),
    ):
        checked = time.perf_counter()
        numbering.number(duck, work=work)
        loading._owners(duck, work=work, wanted="true")
        files = lake.write_facts(duck, batch=batch)
        times.seconds["write the lake"] = time.perf_counter() - checked
    times.seconds["read and check"] -= times.seconds["write the lake"]
    return sum(file.row_count for file in files), times.seconds


class Times:
    """Seconds by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Add what happens inside to a step."""
        start = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start


@contextmanager
def _read(
    mapping: Mapping, folder: Path, place: Path, *, known: dict[str, list[str]] | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """The checked reading of a folder as the load gets it. Refuses data with a reject."""
    with tempfile.TemporaryDirectory(dir=place) as name:
        work = Path(name)
        reading = read(mapping, folder, work, today=extracts.READ_ON, known=known)
        reading.connection.close()
        if reading.reject_count or reading.blocks:
            raise ValueError(f"{reading.reject_count} rejects, differing totals: {reading.blocks}")
        with duckdb.connect(str(reading.database)) as duck:
            duck.execute(f"SET temp_directory = '{work / 'spill'}'; SET memory_limit = '{Limits().memory}'")
            yield duck, work


def _accounts() -> dict[str, list[str]]:
    from zhike.facts.models import Account

    return {"accounts": list(Account.objects.using("loader").values_list("account_no", flat=True))}


def _rounded(steps: dict[str, float]) -> dict[str, float]:
    return {step: round(seconds, 2) for step, seconds in steps.items()}


CLAIM = Claim("import", {"small": {"customers": 20_000}, "full": {"customers": 200_000}}, measure)

if __name__ == "__main__":
    CLAIM.main()
