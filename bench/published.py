"""A bank that can be evaluated and published: `bench.bank` as committed facts, its people, a scheme in force.

The functions run inside a process of the installation, so Django is imported in them.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bench import bank

if TYPE_CHECKING:
    from zhike.staff.models import Staff

OUTLETS = 200
DRAFTER, ANALYST, DECIDER = "CRM_MANAGER", "CRM_ANALYST", "EXECUTIVE"
FROM = date(2020, 1, 1)
SUMS = {"balances": "end_cents", "transactions": "amount_cents", "events": "amount_cents"}

# Columns as wide as real ones: a sealed value is its text and 34 bytes more.
_CUSTOMERS = """
SELECT customer_id, 'C' || customer_id, kind, '客户' || customer_id, 'ke hu ' || customer_id, '', '',
       '\\x' || sealed[1:104], '\\x' || md5('i' || customer_id), '\\x' || sealed[1:90],
       '\\x' || md5('p' || customer_id), '\\x' || sealed[1:108], '\\x' || sealed[1:180],
       '\\x' || md5('d' || customer_id), '华东', '职员', '', business_type, customer_group,
       outlet_id, opened_on, closed_on, 0
  FROM (SELECT *, repeat(md5('s' || customer_id), 6) AS sealed FROM read_parquet($customers)) ORDER BY customer_id
"""
_COLUMNS = (
    "id, customer_no, kind, name, name_sort, sex, id_type, id_no, id_no_index, phone, phone_index, email, address,"
    " personal_digest, region, occupation, industry, business_type, customer_group, outlet_id, opened_on, closed_on,"
    " version"
)


def furnish(files: dict[str, list[Path]], work: Path) -> None:
    """Units, people, customers, and one committed batch that names the lake's files."""
    from django.db import connection, transaction

    with transaction.atomic():
        _appoint()
        _load_customers(files["customers"][0], work)
        _commit_batch(files)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def put_in_force(as_of: date) -> int:
    """Draft, try, submit and approve the scheme of five indicators; its number."""
    from django.utils import timezone

    from zhike.core.models import Approval
    from zhike.core.operations import approvals
    from zhike.loyalty import api as loyalty

    now, drafter = datetime.now(UTC), _holder(DRAFTER)
    draft = loyalty.draft_scheme(preset="full", code="FULL", name="客户忠诚度评估办法", by=drafter, now=now)
    draft = loyalty.change_draft(
        scheme_id=draft.pk, version=draft.version, spec=draft.spec, name=draft.name, basis="规章", reason="评估",
        valid_from=timezone.localdate(now), by=drafter, now=now,
    )  # fmt: skip
    loyalty.try_scheme(scheme_id=draft.pk, as_of=as_of, by=drafter, now=now)
    loyalty.submit_scheme(scheme_id=draft.pk, version=draft.version, by=drafter, now=now)
    waiting = Approval.objects.get(kind="loyalty.scheme", subject_id=draft.pk)
    approvals.approve(approval_id=waiting.pk, reason="同意", by=_holder(DECIDER), now=now)
    return int(draft.pk)


def publish_once(scheme_id: int, as_of: date, memory: str | None) -> dict[str, float]:
    """Evaluate and publish a quarter as the worker does; seconds by step. `memory` limits the engine."""
    from django.conf import settings

    from zhike.loyalty import api as loyalty

    if memory:
        settings.ENGINE_MEMORY = memory
    run = loyalty.start_run(
        scheme_id=scheme_id, as_of=as_of, reason="bench", by=_holder(ANALYST), now=datetime.now(UTC)
    )
    drafter = _holder(DRAFTER)
    clock = Steps()
    loyalty.compute_run(run_id=run.pk, tell=clock.begin, clock=lambda: datetime.now(UTC))
    loyalty.waive_review(run_id=run.pk, reason="bench", now=datetime.now(UTC))
    clock.begin("PUBLISH")
    loyalty.publish_run(run_id=run.pk, by=drafter, now=datetime.now(UTC))
    return clock.end()


class Steps:
    """Seconds by step, as the steps are told."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._step, self._since = "START", time.perf_counter()

    def begin(self, step: str) -> None:
        """The step before ends here."""
        now = time.perf_counter()
        self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._since
        self._step, self._since = step, now

    def end(self) -> dict[str, float]:
        """All steps."""
        self.begin("END")
        return self._seconds


def _holder(role: str) -> Staff:
    from zhike.staff.models import Staff

    return Staff.objects.filter(post=role, is_active=True).order_by("staff_no")[0]


def _appoint() -> None:
    from zhike.staff.models import RoleAssignment, Staff, Unit

    head = Unit.objects.create(pk=OUTLETS + 1, code="000", kind="HEAD_OFFICE", name="总行")
    Unit.objects.bulk_create(
        Unit(pk=number, code=f"{number:03}", kind="OUTLET", name=f"网点{number}", parent=head)
        for number in range(1, OUTLETS + 1)
    )
    for role in (DRAFTER, ANALYST, DECIDER):
        made = Staff.objects.create(staff_no=role, name=role, post=role, unit=head, password="!")
        RoleAssignment.objects.create(staff=made, role=role, unit=head, valid_from=FROM)


def _load_customers(customers: Path, work: Path) -> None:
    from django.db import connection

    rows = work / "customers.csv"
    with duckdb.connect() as duck:
        query = _CUSTOMERS.replace("$customers", f"'{customers}'")
        duck.execute(f"COPY ({query}) TO '{rows}' (FORMAT csv, HEADER false)")
    statement = f"COPY customers_customer ({_COLUMNS}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL (sex, id_type, industry))"
    with connection.cursor() as cursor, cursor.copy(statement) as copy, rows.open("rb") as file:
        while block := file.read(1 << 20):
            copy.write(block)
    rows.unlink()


def _commit_batch(files: dict[str, list[Path]]) -> None:
    """Hard links of the data set under the lake, named by a loaded batch as an import would."""
    from django.conf import settings

    from zhike.facts.models import ImportBatch, LakeFile

    now = datetime.now(UTC)
    batch = ImportBatch.objects.create(
        mapping="bench",
        digest="bench",
        asked_by="bench",
        asked_at=now,
        loaded_at=now,
        load_no=1,
        state="LOADED",
        business_on=bank.AS_OF,
    )
    named = []
    with duckdb.connect() as duck:
        for table, paths in files.items():
            for path in paths:
                target = Path(settings.LAKE) / table / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, target)
                total = f"coalesce(sum({SUMS[table]}), 0)::BIGINT" if table in SUMS else "NULL"
                rows, cents = duck.execute(f"SELECT count(*), {total} FROM read_parquet('{path}')").fetchone()
                named.append(
                    LakeFile(
                        batch=batch,
                        table=table,
                        path=f"{table}/{path.name}",
                        row_count=rows,
                        sum_cents=cents,
                        sha256="",
                        month_on=_month_in(path),
                    )
                )
    LakeFile.objects.bulk_create(named)


def _month_in(path: Path) -> date | None:
    _table, _, month = path.stem.partition("-")
    return date.fromisoformat(f"{month}-01") if month else None
