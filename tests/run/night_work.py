"""Programs that the night's tests run inside an installation, to be killed at any moment.

worker | worker-without-reaper      the product's worker, with the job below
enqueue COUNT                       jobs that each leave one keyed effect
commit FIRST SEED | commit-late …   transactions that enqueue, some rolled back, some killed
mix READS SEED | mix-sticky …       people taking turns on two connections; answers JSON
evaluate AS_OF                      one run from its start to its publication
"""

from __future__ import annotations

import inspect
import json
import os
import random
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from zhike.cli import session, worker
from zhike.run import roles

DAY = date(2026, 1, 1)
LAST = 500
PEOPLE = 8
KILLED = 137


class Undone(Exception):
    """Rolls a transaction back."""


def define_jobs() -> dict[str, Any]:
    """The jobs of the night, known to the worker once Django is set up."""
    from django.db import connection, transaction
    from procrastinate.contrib.django import app

    from zhike.core.operations import jobs

    @app.task(name="night.effect")
    def effect(run_id: int) -> None:
        def work(progress: jobs.Progress) -> None:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO night_attempt VALUES (%s)", [run_id])
            progress.step("NIGHT")
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO night_effect VALUES (%s) ON CONFLICT DO NOTHING", [run_id])
                time.sleep(random.uniform(0.1, 0.5))

        jobs.perform(run_id, work)

    @app.task(name="night.nothing", queue="nobody")
    def nothing(number: int) -> None:
        """Nobody works on this queue."""

    return {"effect": effect, "nothing": nothing}


def work(*, reaps: bool) -> None:
    enter = session.enter

    def enter_with_jobs(*names: str) -> None:
        enter(*names)
        define_jobs()

    worker.enter = enter_with_jobs
    if not reaps:
        worker.REAP_SECONDS = 1e6
    worker.command(args=[], standalone_mode=True)


def enqueue(count: int) -> None:
    from django.db import transaction

    from zhike.core.operations import jobs

    task = define_jobs()["effect"]
    for number in range(count):
        with transaction.atomic():
            run, _is_new = jobs.queue_run(
                job="night.effect",
                as_of=DAY,
                key=f"{os.getpid()}.{number}",
                asked_by="",
                now=datetime.now(UTC),
            )
            task.defer(run_id=run.pk)


def commit(first: int, seed: int, *, is_late: bool) -> None:
    """Every number is one transaction; what is told is what was begun."""
    from django.db import transaction

    from zhike.core.operations import jobs

    task = define_jobs()["nothing"]
    chance = random.Random(seed)
    for number in range(first, LAST):
        print(number, flush=True)
        with suppress(Undone), transaction.atomic():
            key = f"{'late' if is_late else 'whole'}.{number}"
            jobs.queue_run(job="night.nothing", as_of=DAY, key=key, asked_by="", now=datetime.now(UTC))
            if not is_late:
                task.defer(number=number)
            if chance.random() < 0.02:
                os._exit(KILLED)
            if number % 2:
                raise Undone
        if chance.random() < 0.02:
            os._exit(KILLED)
        if is_late and not number % 2:
            task.defer(number=number + LAST)


def mix(reads: int, seed: int, *, is_sticky: bool) -> None:
    """Two threads, each with one connection, serve eight people in turns through faults of every kind."""
    from django.db import connection

    if is_sticky:
        _let_settings_outlive_transactions()
    people = _people()
    counts = {"reads": 0, "foreign": 0, "missing": 0, "without": 0, "faults": 0}
    guard = threading.Lock()

    def serve(number: int) -> None:
        chance = random.Random(seed + number)
        while counts["reads"] < reads:
            found = _turn(chance, people)
            with guard:
                for name, count in found.items():
                    counts[name] += count
        connection.close()

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(counts))


def _let_settings_outlive_transactions() -> None:
    """`acting_as` as it must not be."""
    from zhike.core.access import acting

    told = "set_config('zhike.staff_id', %s, true)"
    source = inspect.getsource(acting)
    assert told in source
    exec(source.replace(told, told.replace("true", "false")), vars(acting))


def _turn(chance: random.Random, people: list[tuple[int, set[int]]]) -> dict[str, int]:
    """One person's turn: five unfiltered reads, perhaps a fault, then a read by nobody."""
    from django.db import Error, close_old_connections, connection

    from zhike.core.access.acting import acting_as

    person, own = chance.choice(people)
    found = {"reads": 0, "foreign": 0, "missing": 0, "without": 0, "faults": 0}
    fault = chance.choice(["", "", "", "raise", "slow", "broken", "killed"])
    try:
        with acting_as(person), connection.cursor() as cursor:
            for _ in range(5):
                cursor.execute("SELECT id FROM customers_customer ORDER BY random() LIMIT 40")
                seen = {number for (number,) in cursor.fetchall()}
                found["reads"] += 1
                found["foreign"] += len(seen - own)
                found["missing"] += int(bool(own) and not seen)
            _fault(fault, cursor)
    except (Error, Undone):
        found["faults"] += 1
    close_old_connections()
    with suppress(Error), connection.cursor() as cursor:
        cursor.execute("SET ROLE zhike_app")
        cursor.execute("SELECT count(*) FROM customers_customer")
        found["without"] += cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
    return found


def _fault(kind: str, cursor: Any) -> None:
    match kind:
        case "raise":
            raise Undone
        case "slow":
            cursor.execute("SET LOCAL statement_timeout = 5")
            cursor.execute("SELECT pg_sleep(1)")
        case "broken":
            cursor.execute("SELECT 1 / 0")
        case "killed":
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def _people() -> list[tuple[int, set[int]]]:
    """Eight people of different reach, and the customers of each as a connection of its own shows them."""
    from django.db import connection

    from zhike.core.access.acting import acting_as
    from zhike.staff.models import Staff

    found: list[tuple[int, set[int]]] = []
    for person in Staff.objects.filter(is_active=True).order_by("pk"):
        connection.close()
        with acting_as(person.pk), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM customers_customer")
            own = {number for (number,) in cursor.fetchall()}
        if all(own != other for _person, other in found):
            found.append((person.pk, own))
    connection.close()
    return found[:PEOPLE]


def evaluate(as_of: date) -> None:
    """A run of this date from its start to its publication; one that was killed on the way is made void."""
    from django.utils import timezone

    from zhike.loyalty.enums import OPEN_RUNS
    from zhike.loyalty.models import Run, Scheme
    from zhike.loyalty.operations import computing, publishing, runs
    from zhike.staff.models import Staff

    analyst = Staff.objects.filter(post="CRM_ANALYST", is_active=True).order_by("pk")[0]
    manager = Staff.objects.filter(post="CRM_MANAGER", is_active=True).order_by("pk")[0]
    for left in Run.objects.filter(as_of=as_of, state__in=OPEN_RUNS):
        runs.void_run(run_id=left.pk, reason="killed", by=analyst, now=timezone.now())
    scheme = Scheme.objects.get(state="IN_FORCE")
    run = runs.start_run(scheme_id=scheme.pk, as_of=as_of, reason="again", by=analyst, now=timezone.now())
    computing.compute_run(run_id=run.pk, tell=lambda _step: None, clock=timezone.now)
    runs.waive_review(run_id=run.pk, reason="night", now=timezone.now())
    publishing.publish_run(run_id=run.pk, by=manager, now=timezone.now())
    print("published", flush=True)


def main(name: str, *words: str) -> None:
    if name.startswith("worker"):
        return work(reaps=name == "worker")
    session.enter(roles.WORKER, roles.LOADER)
    numbers = [int(word) for word in words if word.isdigit()]
    match name:
        case "enqueue":
            enqueue(numbers[0])
        case "commit" | "commit-late":
            commit(numbers[0], numbers[1], is_late=name == "commit-late")
        case "mix" | "mix-sticky":
            mix(numbers[0], numbers[1], is_sticky=name == "mix-sticky")
        case "evaluate":
            evaluate(date.fromisoformat(words[0]))
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
