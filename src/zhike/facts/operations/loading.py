"""Loading a checked reading: all of it in one transaction of the loader, or nothing.

People and places first, then customers and what they hold, then what happened; the lake's new files are
written before and named by the same commit. A process killed at any point leaves the bank as it was; files
nobody names are swept later.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.core import hearing, parameters
from zhike.core.errors import DomainError
from zhike.core.faults import crash_point
from zhike.core.models import AuditEvent
from zhike.customers.api import align_grants
from zhike.facts.enums import BatchState
from zhike.facts.models import ImportBatch, LakeFile
from zhike.facts.operations import lake, upserts
from zhike.facts.operations.moving import move
from zhike.facts.operations.numbering import number
from zhike.facts.operations.personal import seal_people
from zhike.facts.operations.tables import copy_out, execute, single

MOVED = hearing.topic("facts.customers_moved")
LOADED = hearing.topic("facts.loaded")
"""Told with `batch` and `now` once a load has been committed. Who must not miss one looks again at night: a process
may be killed in between."""
LOCK = 0x7A686C64  # "zhld": one load at a time
SETTLED = (BatchState.LOADED, BatchState.DISCARDED)


class AlreadySettled(DomainError):
    """The batch was loaded or discarded before its load began."""


def hold_off_loads() -> bool:
    """Keep loads from starting until this transaction ends; False if one is running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def load(
    duck: duckdb.DuckDBPyConnection,
    *,
    batch: ImportBatch,
    business_on: date,
    work: Path,
    by: Any,
    now: datetime,
) -> ImportBatch:
    """Load the canonical tables of `duck` as `batch`. Everything commits together (T-26, G15).

    Waits for a load that is running. Raises AlreadySettled if the batch does not wait any more then.
    """
    today = timezone.localdate(now)
    with transaction.atomic(using="loader", durable=True):
        # Sealing a million people keeps the server waiting longer than a page ever may.
        execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if single("SELECT state FROM facts_importbatch WHERE id = %s", [batch.pk]) in SETTLED:
            raise AlreadySettled(_("This import is not waiting for a decision any more."))
        number(duck, work=work)
        upserts.upsert_units(duck)
        upserts.upsert_staff(duck)
        upserts.upsert_products(duck, work=work)
        crash_point("load.after_reference")
        seal_people(duck)
        upserts.upsert_customers(duck, work=work, on=today)
        crash_point("load.after_customers")
        upserts.upsert_accounts(duck, work=work)
        upserts.upsert_relations(duck, work=work)
        is_slight = batch.has_only_events and bool(lake.live("customers"))
        _owners(duck, work=work, wanted="false" if is_slight else "true")
        files = lake.write_facts(duck, batch=batch)
        if not is_slight:
            files += _dimensions(duck, batch=batch, work=work)
        crash_point("load.after_lake")
        _name_files(files, batch=batch)
        if not is_slight:
            upserts.replace_holdings(duck, business_on=business_on, work=work)
        keep = parameters.value("import.recent_days", on=today)
        upserts.load_transactions(duck, since=business_on - timedelta(days=keep), work=work)
        upserts.load_events(duck, work=work)
        _follow_moves(duck, work=work)
        align_grants(on=today, using="loader")
        crash_point("load.before_commit")
        _finish(batch, business_on=business_on, by=by, now=now)
    crash_point("load.after_commit")
    return batch


def _owners(duck: duckdb.DuckDBPyConnection, *, work: Path, wanted: str) -> None:
    copy_out(
        duck,
        "SELECT a.id, a.customer_id, c.outlet_id FROM facts_account a"
        f" JOIN customers_customer c ON c.id = a.customer_id WHERE {wanted}",
        "owners",
        {"account_id": "BIGINT", "customer_id": "BIGINT", "outlet_id": "BIGINT"},
        work=work,
    )


def _dimensions(duck: duckdb.DuckDBPyConnection, *, batch: ImportBatch, work: Path) -> list[LakeFile]:
    """The whole state of customers, products, accounts and relations, as PostgreSQL has it now."""
    shapes: dict[str, tuple[str, dict[str, str]]] = {
        "customers": (
            (
                "SELECT id, kind, business_type, customer_group, outlet_id, opened_on, closed_on"
                " FROM customers_customer ORDER BY id"
            ),
            {"customer_id": "BIGINT", "kind": "VARCHAR", "business_type": "VARCHAR", "customer_group": "VARCHAR",
             "outlet_id": "BIGINT", "opened_on": "DATE", "closed_on": "DATE"},
        ),
        "products": (
            "SELECT id, category, margin_ppm, loss_ppm, fee_cents, is_chosen FROM facts_product ORDER BY id",
            {"product_id": "BIGINT", "category": "VARCHAR", "margin_ppm": "BIGINT", "loss_ppm": "BIGINT",
             "fee_cents": "BIGINT", "is_chosen": "BOOLEAN"},
        ),
        "accounts": (
            (
                "SELECT id, customer_id, product_id, principal_cents, opened_on, opening, matures_on, closed_on"
                " FROM facts_account ORDER BY customer_id, id"
            ),
            {"account_id": "BIGINT", "customer_id": "BIGINT", "product_id": "BIGINT", "principal_cents": "BIGINT",
             "opened_on": "DATE", "opening": "VARCHAR", "matures_on": "DATE", "closed_on": "DATE"},
        ),
        "relations": (
            "SELECT customer_id, other_id, kind, since_on FROM customers_relation ORDER BY customer_id, other_id, kind",
            {"from_customer_id": "BIGINT", "to_customer_id": "BIGINT", "kind": "VARCHAR", "since_on": "DATE"},
        ),
    }  # fmt: skip
    made = []
    for name, (query, columns) in shapes.items():
        copy_out(duck, query, f"whole_{name}", columns, work=work)
        made.append(lake.write_dimension(duck, name, f"SELECT * FROM whole_{name}", batch=batch))
    return made


def _name_files(files: list[LakeFile], *, batch: ImportBatch) -> None:
    for file in files:
        LakeFile.objects.using("loader").filter(
            table=file.table, month_on=file.month_on, replaced_by=None
        ).update(replaced_by=batch)
    LakeFile.objects.using("loader").bulk_create(files)


def _follow_moves(duck: duckdb.DuckDBPyConnection, *, work: Path) -> None:
    moved = duck.execute(
        """
        SELECT i.customer_id FROM ids_customers AS i JOIN customers AS c USING (customer_no)
          JOIN ids_outlets AS o USING (outlet_code)
         WHERE i.outlet_before IS NOT NULL AND i.outlet_before <> o.outlet_id
        """
    ).fetchall()
    if moved:
        customer_ids = [customer_id for (customer_id,) in moved]
        upserts.move_outlet(customer_ids)
        hearing.tell(MOVED, customer_ids=customer_ids, using="loader")


def _finish(batch: ImportBatch, *, business_on: date, by: Any, now: datetime) -> None:
    """The last act under the lock: the number counts the loads in the order of their commits."""
    batch.load_no = single("SELECT coalesce(max(load_no), 0) + 1 FROM facts_importbatch")
    move(batch, BatchState.LOADED)
    batch.loaded_at, batch.business_on = now, business_on
    batch.save(using="loader", update_fields=["state", "loaded_at", "business_on", "load_no"])
    AuditEvent.objects.using("loader").create(
        actor_id=by.pk if by else None, actor=f"{by.staff_no} {by.name}" if by else "system", acted_at=now,
        action="import.loaded", object_type="facts.importbatch", object_id=str(batch.pk), object_label=str(batch),
        detail={"counts": batch.counts, "rejects": batch.reject_count},
    )  # fmt: skip
