"""What pages ask of PostgreSQL: their addresses, the statements behind them, their bare time and their plans.

Runs in a process of the installation that acts as the application does, so row-level security holds.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BACKEND = "zhike.staff.backends.StaffNumberBackend"
ROLES = ("ACCOUNT_MANAGER", "BRANCH_HEAD", "CRM_MANAGER")
"""A portfolio, a sub-branch with its outlets, and the whole bank."""

SEARCHES = ("张伟", "wang", "lin", "8000000", "欧阳")
FILTERS = ("tier=HIGH&customer_group=WEALTH", "tier=LOW&business_type=RETAIL", "tier=HIGH&silence=90")
CUSTOMERS_SEEN = 5
TRIES = 3
OF_CUSTOMERS = (
    "customers_", "facts_account", "facts_holding", "facts_event", "facts_transaction", "loyalty_result",
    "loyalty_standing",
)  # fmt: skip
_SAVING = re.compile(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """An address, as whom it is opened, and what it costs the database alone."""

    kind: str
    path: str
    role: str
    cookie: str
    is_part: bool
    query_count: int
    sql_seconds: float
    scanned: tuple[str, ...]


def sign_in() -> dict[str, tuple[int, str]]:
    """Somebody of each role, signed in: role → (person, session cookie)."""
    from django.test import Client

    from zhike.staff.middleware import CONFIRMED
    from zhike.staff.models import Staff

    sessions = {}
    for role in ROLES:
        person = Staff.objects.filter(post=role, is_active=True).order_by("staff_no")[0]
        client = Client()
        client.force_login(person, backend=BACKEND)
        session = client.session
        session[CONFIRMED] = time.time()
        session.save()
        sessions[role] = (person.pk, session.session_key)
    return sessions


def inspect(sessions: dict[str, tuple[int, str]]) -> list[Page]:
    """Open every page once in this process, and measure and explain its statements."""
    pages = []
    for role, (person, cookie) in sessions.items():
        for kind, path, is_part in _addresses(person):
            _statements(path, cookie, is_part=is_part)  # templates and plans are read on first use
            statements = _statements(path, cookie, is_part=is_part)
            pages.append(
                Page(
                    kind=kind, path=path, role=role, cookie=cookie, is_part=is_part,
                    query_count=len([one for one in statements if not _SAVING.match(one)]),
                    sql_seconds=min(_bare_seconds(statements) for _ in range(TRIES)),
                    scanned=tuple(_scanned(statements, person)),
                )
            )  # fmt: skip
    return pages


def _addresses(person: int) -> Iterator[tuple[str, str, bool]]:
    from django.utils.http import urlencode

    from zhike.core.access.acting import acting_as
    from zhike.customers.models import Customer
    from zhike.staff.models import Staff

    for text in SEARCHES:
        yield "search", f"/search/?{urlencode({'q': text})}", True
    for filters in FILTERS:
        yield "list", f"/customers/?{filters}", False
    with acting_as(person):
        scope = Customer.objects.visible_to(Staff.objects.get(pk=person)).order_by("pk")
        numbers = list(scope.values_list("pk", flat=True)[:CUSTOMERS_SEEN])
    for number in numbers:
        yield "customer", f"/customers/{number}/", False


def _statements(path: str, cookie: str, *, is_part: bool) -> list[str]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"HX-Request": "true"} if is_part else {}, SERVER_NAME="127.0.0.1")
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code != 200:
        raise LookupError(f"{path} answered {answer.status_code}")
    return [query["sql"] for query in queries.captured_queries]


def _bare_seconds(statements: list[str]) -> float:
    """The time PostgreSQL and its driver take for the same statements, one after the other."""
    with _plain() as connection:
        start = time.perf_counter()
        for statement in statements:
            cursor = connection.execute(statement)
            if cursor.description:
                cursor.fetchall()
        return time.perf_counter() - start


def _scanned(statements: list[str], person: int) -> Iterator[str]:
    """The tables of customers that a plan reads from end to end, each with its statement."""
    with _plain() as connection, connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('zhike.staff_id', %s, true)", [str(person)])
        for statement in statements:
            if not statement.startswith(("SELECT", "WITH")):
                continue
            plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}").fetchone()
            for table in _read_whole(plan[0] if plan else []):
                yield f"{table}: {statement}"


def _read_whole(plan: Any) -> Iterator[str]:
    nodes = [part["Plan"] for part in (json.loads(plan) if isinstance(plan, str) else plan)]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"].startswith(OF_CUSTOMERS):
            yield node["Relation Name"]


def _plain() -> Any:
    """A connection of the application's role without Django."""
    import os

    import psycopg

    return psycopg.connect(os.environ["ZHIKE_DB_APP"], autocommit=True, options="-c search_path=public")
