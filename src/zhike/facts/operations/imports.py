"""Taking in a folder of extracts: read and checked first, then loaded whole, or refused with the place and reason.

`read_extracts` leaves a batch in PREVIEW with counts, statements and rejects; `load_batch` loads it;
`take_in` is both, for the command line and for nightly jobs. The same files again change nothing.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import audit, formats, hearing, keys, parameters
from zhike.core.errors import DomainError
from zhike.core.faults import crash_point
from zhike.core.keys import register
from zhike.customers.models import Customer
from zhike.facts import demo
from zhike.facts.enums import BatchState, RejectPurpose
from zhike.facts.intake.feeds import feeds_of
from zhike.facts.intake.figures import number
from zhike.facts.intake.limits import MIB, Limits
from zhike.facts.intake.mapping import Mapping, load_mapping
from zhike.facts.intake.reading import DATABASE, Reading, read
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused
from zhike.facts.intake.rejects import write_rejects
from zhike.facts.intake.room import want_of_room
from zhike.facts.models import Account, ImportBatch, Product
from zhike.facts.operations.loading import LOADED, hold_off_loads, load
from zhike.facts.operations.moving import may_move, move
from zhike.facts.queries.lake import snapshot
from zhike.facts.queries.uploads import is_under_way, loading_of
from zhike.staff.api import Staff, Unit, is_made_up_bank

SEALED = register.column("facts_importbatch", "rejects")
WAITING = (BatchState.PREVIEW, BatchState.LOADING)
"""What may be loaded. LOADING says that a load began; if it died, the batch waits as before."""
Tell = Callable[[str], None]


class ImportRefused(DomainError):
    """The extracts cannot be loaded; `batch` keeps where and why."""

    def __init__(
        self, text: str, *, batch: ImportBatch | None = None, fault: ExtractRefused | None = None
    ) -> None:
        super().__init__(text)
        self.batch = batch
        self.fault = fault


def work_folder(batch: ImportBatch) -> Path:
    """Where the reading of a batch lies until it is loaded or discarded."""
    return Path(settings.HOME) / "imports" / f"batch-{batch.pk:06d}"


def read_extracts(
    *, mapping: Path, folder: Path, by: Staff | None, now: datetime, is_check: bool = False,
    tell: Tell = lambda _step: None,
) -> ImportBatch:  # fmt: skip
    """Read and check a folder; the batch waits for confirmation. Raises ImportRefused, with the batch kept, also where
    memory or disk do not suffice. MappingRefused comes before there is a batch. Any other error leaves a refused one.

    What is no delivery of this mapping, for want of a file or with one too many, and what `is_check` finds unfit is
    discarded at once: files that were never read, or that nobody meant to load, keep no evaluation waiting.

    Returns the earlier batch, state LOADED, when exactly these files are loaded already.
    """
    rules = load_mapping(mapping)
    try:
        digest = _digest(mapping, folder, rules)
    except ExtractRefused as fault:  # not even all files are there
        batch = _begin(mapping.stem, "", by=by, now=now)
        _refuse(batch, fault, by=by, now=now, is_given_up=True)
        raise ImportRefused(str(fault), batch=batch, fault=fault) from fault
    if loaded := ImportBatch.objects.filter(
        mapping=mapping.stem, digest=digest, state=BatchState.LOADED
    ).first():
        return loaded
    batch = _begin(mapping.stem, digest, by=by, now=now)
    today = timezone.localdate(now)
    work = work_folder(batch)
    try:
        work.mkdir(mode=0o700, parents=True)
        tell("READ")
        reading = read(rules, folder, work, today=today, known=_known(rules), limits=_limits(today))
        with _closing(reading):
            _preview(batch, reading, by=by, now=now)
    except Exception as error:
        shutil.rmtree(work, ignore_errors=True)
        refusal = error if isinstance(error, ExtractRefused) else want_of_room(error, file=mapping.name)
        batch = ImportBatch.objects.get(pk=batch.pk)  # without what was not saved
        reason = refusal or ExtractRefused(ExtractFault.READING_FAILED, file=mapping.name)
        _refuse(batch, reason, by=by, now=now, is_given_up=is_check)
        if refusal is None:
            raise
        raise ImportRefused(str(refusal), batch=batch, fault=refusal) from error
    return batch


def load_batch(
    *, batch_id: int, by: Staff | None, now: datetime, tell: Tell = lambda _step: None
) -> ImportBatch:
    """Load a read batch. Refuses one that is not waiting, whose totals differ, or with too many rejects.

    Safe to begin anew after a process that died on the way; a batch that is loaded is the answer. A load that
    fails leaves the batch waiting as before.
    """
    today = timezone.localdate(now)
    batch = _begin_load(batch_id, on=today)
    work = work_folder(batch)
    if batch.state == BatchState.LOADING:
        tell("LOAD")
        with duckdb.connect(str(work / DATABASE)) as duck:
            duck.execute(f"SET temp_directory = '{work / 'spill'}'; SET memory_limit = '{Limits().memory}'")
            try:
                load(duck, batch=batch, business_on=_business_on(batch, today), work=work, by=by, now=now)
            except BaseException:
                _wait_again(batch_id)
                raise
        hearing.tell(LOADED, batch=batch, now=now)
    shutil.rmtree(work, ignore_errors=True)
    return ImportBatch.objects.get(pk=batch_id)


def take_in(
    *, mapping: Path, folder: Path, by: Staff | None, now: datetime, tell: Tell = lambda _step: None
) -> tuple[ImportBatch, bool]:
    """Read and load. The second answer is False when the same files were loaded before."""
    batch = read_extracts(mapping=mapping, folder=folder, by=by, now=now, tell=tell)
    if batch.state == BatchState.LOADED:
        return batch, False
    return load_batch(batch_id=batch.pk, by=by, now=now, tell=tell), True


@transaction.atomic
def discard_batch(*, batch_id: int, by: Staff | None, now: datetime) -> ImportBatch:
    """Give up a batch that waits or was refused, or was read as a mere check; its reading is deleted.

    Refuses one that is being loaded; one whose load died waits again.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if not may_move(batch, BatchState.DISCARDED):
        raise ImportRefused(_("Only an import that waits or was refused can be discarded."), batch=batch)
    is_loading = batch.state == BatchState.LOADING and not hold_off_loads()
    if is_loading or is_under_way(loading_of(batch)):
        raise ImportRefused(_("This import is being loaded."), batch=batch)
    with audit.change(batch, "import.discarded", by=by, at=now):
        move(batch, BatchState.DISCARDED)
        batch.rejects = b""
        batch.save(update_fields=["state", "rejects"])
    shutil.rmtree(work_folder(batch), ignore_errors=True)
    return batch


def blocking(batch: ImportBatch, *, on: date) -> str:
    """Why this batch must not be loaded; empty if it may."""
    if batch.mapping != demo.MAPPING and is_made_up_bank() and not batch.has_only_events:
        return _(
            "This is the made-up bank: everybody is shown its people's passwords and codes. Load these files into "
            "an installation of their own: zhike up --empty, with ZHIKE_HOME and ZHIKE_KEYS of its own."
        )
    differing = [_difference(row) for row in batch.statements if row["blocks"]]
    if differing:
        between = "；" if formats.chinese() else "; "
        return _("Control totals differ: %(names)s.") % {"names": between.join(differing)}
    offered = sum(row["offered"] for row in batch.counts.values())
    allowed = parameters.value("import.reject_percent", on=on)
    if offered and batch.reject_count * 100 > offered * allowed:
        return _("%(count)s rows are rejected, more than %(percent)s %% of all rows.") % {
            "count": batch.reject_count, "percent": allowed,
        }  # fmt: skip
    if not offered:
        return _("The files hold no rows.")
    return ""


def _business_on(batch: ImportBatch, today: date) -> date:
    """The day a batch speaks of. Events alone, which come within the day, do not bring the bank's day forward: its
    balances and transactions are still those of the day before.
    """
    named = batch.business_on or today
    loaded = snapshot().business_on
    return min(named, loaded) if loaded is not None and batch.has_only_events else named


def _difference(row: dict[str, Any]) -> str:
    """A control total that does not hold, with both figures."""
    stated, counted = (formats.stated(row[name], row["unit"]) for name in ("expected", "found"))
    words = {"name": row["name"], "stated": stated, "counted": counted}
    return _("%(name)s (stated %(stated)s, counted %(counted)s)") % words


@transaction.atomic
def take_rejects(batch: ImportBatch, *, purpose: str, by: Staff | None, now: datetime) -> bytes:
    """All rejected rows as CSV in the clear; the taking is recorded with its purpose (L-36).

    The caller has checked the rights. Refuses a batch without rejects and a purpose that is none.
    """
    if purpose not in RejectPurpose.values:
        raise ImportRefused(_("Say what the rejected rows are needed for."), batch=batch)
    if not batch.rejects:
        raise ImportRefused(_("This import has no rejected rows."), batch=batch)
    audit.record(
        "import.rejects_taken", by=by, at=now, row=batch, reason=purpose,
        detail={"rows": batch.reject_count},
    )  # fmt: skip
    return rejects_file(batch)


def rejects_file(batch: ImportBatch) -> bytes:
    """The rejects as CSV, decrypted, to be masked before anybody sees them; `take_rejects` gives them away."""
    return keys.unseal(batch.rejects, purpose=SEALED.purpose, place=SEALED.place(batch.pk)).encode(
        "utf-8-sig"
    )


@transaction.atomic
def _begin_load(batch_id: int, *, on: date) -> ImportBatch:
    """Mark the batch as being loaded, unless it is loaded already or must not be."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state == BatchState.LOADED:
        return batch
    if batch.state not in WAITING:
        raise ImportRefused(
            _("This import is not waiting for confirmation: %(state)s.")
            % {"state": batch.get_state_display()},
            batch=batch,
        )
    if problem := blocking(batch, on=on):
        raise ImportRefused(problem, batch=batch)
    if not (work_folder(batch) / DATABASE).exists():
        raise ImportRefused(_("What was read is no longer there. Hand the files in again."), batch=batch)
    if batch.state != BatchState.LOADING:  # one that died on the way is begun anew
        move(batch, BatchState.LOADING)
        batch.save(update_fields=["state"])
    return batch


@transaction.atomic
def _wait_again(batch_id: int) -> None:
    """After a load that failed, unless somebody discarded the batch meanwhile."""
    batch = ImportBatch.objects.select_for_update().defer("rejects").get(pk=batch_id)
    if batch.state == BatchState.LOADING:
        move(batch, BatchState.PREVIEW)
        batch.save(update_fields=["state"])


@transaction.atomic
def _begin(name: str, digest: str, *, by: Staff | None, now: datetime) -> ImportBatch:
    batch = ImportBatch(
        mapping=name, digest=digest, asked_by=f"{by.staff_no} {by.name}" if by else "system", asked_at=now
    )
    with audit.change(batch, "import.begun", by=by, at=now):
        batch.save()
    return batch


@transaction.atomic
def _refuse(
    batch: ImportBatch, fault: ExtractRefused, *, by: Staff | None, now: datetime, is_given_up: bool
) -> None:
    with audit.change(batch, "import.refused", by=by, at=now):
        move(batch, BatchState.DISCARDED if is_given_up else BatchState.REFUSED)
        batch.refusal = {
            "code": str(fault.code), "file": fault.file, "row": fault.row, "column": fault.column,
            "params": {key: _as_json(value) for key, value in fault.params.items()},
        }  # fmt: skip
        batch.save(update_fields=["state", "refusal"])


def _as_json(value: object) -> object:
    """A parameter of a fault as JSON has it: numbers as numbers, several names as a list."""
    if isinstance(value, list | tuple | set | frozenset):
        return [str(one) for one in value]
    return value if value is None or isinstance(value, int) else str(value)


@transaction.atomic
def _preview(batch: ImportBatch, reading: Reading, *, by: Staff | None, now: datetime) -> None:
    delivered = feeds_of(reading.mapping, {file.source for file in reading.files})
    with audit.change(batch, "import.read", by=by, at=now):
        move(batch, BatchState.PREVIEW)
        batch.business_on = reading.business_on
        batch.files = [asdict(file) for file in reading.files]
        batch.counts = {
            control.table: {
                "offered": control.offered, "kept": control.kept, "rejected": control.rejected,
                "sums_cents": dict(control.sums_cents),
                "feeds": [feed for feed in delivered if feed.partition(":")[0] == control.table],
            }
            for control in reading.controls
        }  # fmt: skip
        batch.statements = [
            {**asdict(statement), "equal": statement.is_equal, "blocks": statement.blocks}
            for statement in reading.statements
        ]
        if reading.chain is not None:
            batch.chain = asdict(reading.chain)
        batch.reject_count = sum(control.rejected for control in reading.controls) + _set_aside(reading)
        if reading.reject_count:
            batch.rejects = _sealed_rejects(batch, reading)
        batch.save()
    crash_point("import.after_preview")


def _set_aside(reading: Reading) -> int:
    """Lines that never became a row of any table: ragged ones, and those in a second encoding."""
    return number(
        reading.connection,
        "SELECT count(*) FROM (SELECT DISTINCT file, line FROM rejects WHERE table_name = '')",
    )


def _sealed_rejects(batch: ImportBatch, reading: Reading) -> bytes:
    with tempfile.NamedTemporaryFile(dir=work_folder(batch), suffix=".csv") as file:
        write_rejects(reading.connection, Path(file.name))
        text = Path(file.name).read_text("utf-8-sig")
    return keys.seal(text, purpose=SEALED.purpose, place=SEALED.place(batch.pk))


def _digest(mapping: Path, folder: Path, rules: Mapping) -> str:
    """One number for the mapping and every file it would read: their bytes, not their names or dates."""
    from zhike.facts.intake.files import find_files

    whole = hashlib.sha256(mapping.read_bytes())
    for source in sorted(rules.sources.values(), key=lambda source: source.name):
        for path in sorted(find_files(source, folder)):
            part = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    part.update(chunk)
            whole.update(source.name.encode() + part.digest())
    return whole.hexdigest()


def _known(rules: Mapping) -> dict[str, Any]:
    """The keys loaded before, of those tables that the mapping's rows refer to."""
    keys: dict[str, Callable[[], Any]] = {
        "outlets": lambda: Unit.objects.values_list("code", flat=True),
        "staff": lambda: Staff.objects.values_list("staff_no", flat=True),
        "products": lambda: Product.objects.values_list("code", flat=True),
        "customers": lambda: Customer.objects.using("loader").values_list("customer_no", flat=True),
        "accounts": lambda: Account.objects.using("loader").values_list("account_no", flat=True),
    }
    referred = {column.refers for feed in rules.feeds for column in feed.table.columns}
    return {table: find() for table, find in keys.items() if table in referred}


def _limits(on: date) -> Limits:
    return Limits(workbook_bytes=parameters.value("import.workbook_megabytes", on=on) * MIB)


@contextmanager
def _closing(reading: Reading) -> Iterator[None]:
    try:
        yield
    finally:
        reading.connection.close()
