"""What holds while processes are killed at random: jobs, loads, publications, restarts (make night).

Each run prints its figures, and has a control: the same run with a bug planted must turn red, or it proves
nothing.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import duckdb
import psycopg
import pytest
from tests.run.commands import at_night, started, zhike

from zhike.core.operations.reaping import SILENT_SECONDS
from zhike.facts.demo.bank import build
from zhike.facts.demo.extracts import write_extracts
from zhike.run.checks.findings import Level
from zhike.run.checks.invariants import check_invariants, read_invariants
from zhike.run.home import Home
from zhike.run.postgres import SUPERUSER
from zhike.run.servers import EmbeddedServer
from zhike.run.supervisor import free_port

pytestmark = [pytest.mark.night, pytest.mark.timeout(1200)]
Figures = Callable[..., None]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Print what was measured, whatever pytest captures."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(**values: object) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{request.node.name}: {json.dumps(values)}")

    return tell


def ask(server: EmbeddedServer, statement: str) -> Any:
    """One value, as the one who sees everything."""
    with psycopg.connect(server.cluster.url(SUPERUSER), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def broken(server: EmbeddedServer) -> set[str]:
    """The invariants that do not hold."""
    with psycopg.connect(server.url("zhike_owner"), autocommit=True) as connection:
        found = list(check_invariants(connection, read_invariants()))
    return {finding.code for finding in found if finding.level is Level.FAILURE}


def until(condition: Callable[[], bool], *, within_s: float) -> float:
    """Wait; how long it took, or infinity."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > within_s:
            return float("inf")
        time.sleep(0.5)
    return time.monotonic() - begun


# --- jobs --------------------------------------------------------------------------------------


@pytest.fixture
def effects(night_bank: EmbeddedServer) -> EmbeddedServer:
    """Tables in which the night's job leaves what it did."""
    ask(
        night_bank,
        """
        DROP TABLE IF EXISTS night_attempt, night_effect; DELETE FROM procrastinate_jobs;
        DELETE FROM core_jobrun WHERE job LIKE 'night.%';
        CREATE TABLE night_attempt (run_id bigint); CREATE TABLE night_effect (run_id bigint PRIMARY KEY);
        GRANT SELECT, INSERT ON night_attempt, night_effect TO zhike_worker
        """,
    )
    return night_bank


UNFINISHED = "SELECT count(*) FROM core_jobrun WHERE job = 'night.effect' AND state <> 'DONE'"
ATTEMPTS = "SELECT count(*) FROM night_attempt"


def enqueue(server: EmbeddedServer, count: int) -> None:
    assert at_night(server.home, "enqueue", str(count)).wait(timeout=240) == 0


@contextmanager
def workers(home: Home, count: int, kind: str = "worker") -> Iterator[list[subprocess.Popen[str]]]:
    running = [at_night(home, kind) for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.goal("G10")
def test_jobs_of_killed_workers_are_finished_by_others_exactly_once(
    effects: EmbeddedServer, figures: Figures
) -> None:
    jobs, kills, chance = 700, 30, random.Random(10)
    enqueue(effects, jobs)
    with workers(effects.home, 3) as running:
        for _ in range(kills):
            begun = ask(effects, ATTEMPTS)
            until(lambda before=begun: ask(effects, ATTEMPTS) > before + 2, within_s=60)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 1))
            number = chance.randrange(3)
            running[number].kill()
            running[number].wait()
            running[number] = at_night(effects.home, "worker")
        killed_while = ask(effects, UNFINISHED)
        seconds = until(lambda: ask(effects, UNFINISHED) == 0, within_s=6 * SILENT_SECONDS)
    attempts, done = ask(effects, ATTEMPTS), ask(effects, "SELECT count(*) FROM night_effect")
    figures(
        jobs=jobs,
        kills=kills,
        begun=attempts,
        effects=done,
        left_at_last_kill=killed_while,
        drained_s=seconds,
    )
    assert attempts > jobs + kills // 3, "hardly a worker was killed at work"
    assert ask(effects, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 0
    assert (ask(effects, UNFINISHED), done) == (0, jobs)
    assert seconds <= 6 * SILENT_SECONDS


@pytest.mark.goal("G10")
def test_without_the_reaper_jobs_are_lost_and_the_run_says_so(effects: EmbeddedServer) -> None:
    enqueue(effects, 40)
    with workers(effects.home, 2, "worker-without-reaper") as running:
        until(lambda: ask(effects, ATTEMPTS) >= 4, within_s=60)
        for process in running:
            process.kill()
            process.wait()
    with workers(effects.home, 1, "worker-without-reaper"):
        until(lambda: ask(effects, UNFINISHED) == 0, within_s=1.5 * SILENT_SECONDS)
    assert ask(effects, UNFINISHED) > 0


@pytest.mark.goal("G11")
@pytest.mark.parametrize(("kind", "is_sound"), [("commit", True), ("commit-late", False)])
def test_a_job_is_there_if_and_only_if_its_transaction_was_committed(
    effects: EmbeddedServer, figures: Figures, kind: str, is_sound: bool
) -> None:
    first, deaths = 0, 0
    while first < 500:
        process = at_night(effects.home, kind, str(first), str(first))
        told = process.communicate(timeout=240)[0].split()
        first = int(told[-1]) + 1
        deaths += process.returncode == 137
    number = "replace(replace(key, 'whole.', ''), 'late.', '')::int"
    committed = f"SELECT {number} AS number FROM core_jobrun WHERE job = 'night.nothing'"
    enqueued = "SELECT (args->>'number')::int % 500 AS number FROM procrastinate_jobs WHERE task_name = 'night.nothing'"
    count = ask(effects, f"SELECT count(*) FROM ({committed}) AS committed")
    differing = ask(
        effects, f"SELECT count(*) FROM ({committed}) AS a FULL JOIN ({enqueued}) AS b USING (number)"
        " WHERE a.number IS NULL OR b.number IS NULL",
    )  # fmt: skip
    figures(transactions=500, deaths=deaths, committed=count, differing=differing)
    assert deaths >= 3
    assert 200 < count < 300
    assert (differing == 0) is is_sound


# --- people on shared connections ---------------------------------------------------------------


def mixed(home: Home, kind: str, reads: int) -> dict[str, int]:
    said, _ = at_night(home, kind, str(reads), "24").communicate(timeout=900)
    found: dict[str, int] = json.loads(said)
    return found


@pytest.mark.goal("G24")
def test_people_on_shared_connections_never_see_each_others_rows(
    night_bank: EmbeddedServer, figures: Figures
) -> None:
    found = mixed(night_bank.home, "mix", 50_000)
    figures(**found)
    assert found["reads"] >= 50_000
    assert found["faults"] > 1_000
    assert (found["foreign"], found["missing"], found["without"]) == (0, 0, 0)


@pytest.mark.goal("G24")
def test_a_setting_that_outlives_its_transaction_is_found(night_bank: EmbeddedServer) -> None:
    assert mixed(night_bank.home, "mix-sticky", 500)["without"] > 0


# --- loads and publications ----------------------------------------------------------------------


def extracts(folder: Path, business_on: date) -> Path:
    """The bank's next delivery."""
    with duckdb.connect() as duck:
        write_extracts(build(duck, business_date=business_on, customers=200), folder)
    return folder


FACTS = (
    "customers_customer",
    "facts_account",
    "facts_holding",
    "facts_transaction",
    "facts_event",
    "facts_lakefile",
)


def state(server: EmbeddedServer) -> list[str]:
    """One number a table: what readers see of the loads."""
    return [ask(server, f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t")
            for table in FACTS]  # fmt: skip


def loaded(server: EmbeddedServer) -> int:
    return int(ask(server, "SELECT count(*) FROM facts_importbatch WHERE state = 'LOADED'"))


STEPS = ["Reading and checking", *["Loading the import"] * 3]
"""What `zhike import` says of its steps; three kills of four hit the loading."""


def _hear(process: subprocess.Popen[str], step: str) -> None:
    """Wait until the command says that it has come to a step."""
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if line.startswith(step):
            return
    raise AssertionError(f"It never said {step!r}: {told}")


def kill_within(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill the process after a while; False if it had ended by itself."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


@pytest.mark.goal("G15")
def test_a_load_killed_at_random_is_whole_or_not_there(
    night_bank: EmbeddedServer, figures: Figures, tmp_path: Path
) -> None:
    folder = extracts(tmp_path, date(2026, 11, 30))
    chance, kills, before, batches = random.Random(15), 0, state(night_bank), loaded(night_bank)
    reach = 0.2
    while kills < 40 and loaded(night_bank) == batches:
        process = started(night_bank.home, "import", "tianhua", str(folder))
        _hear(process, chance.choice(STEPS))
        kills += kill_within(process, chance.uniform(0, reach))
        reach *= 1.15
        if loaded(night_bank) == batches:
            assert state(night_bank) == before, f"after {kills} kills"
        assert broken(night_bank) == set(), f"after {kills} kills"
    done = zhike(night_bank.home, "import", "tianhua", str(folder), "--json")
    figures(kills=kills, latest_kill_s=round(reach, 1), loaded=loaded(night_bank) - batches)
    assert done.returncode == 0, done.stdout
    assert (loaded(night_bank) - batches, kills > 5) == (1, True)
    assert broken(night_bank) == set()


@pytest.mark.goal("G15")
def test_a_publication_killed_at_random_switches_everybody_or_nobody(
    night_bank: EmbeddedServer, figures: Figures
) -> None:
    chance, kills, published, took = random.Random(39), 0, 0, 0.0
    while kills < 20 and published < 20:
        begun = time.monotonic()
        process = at_night(night_bank.home, "evaluate", "2026-09-30")
        # How long a whole one takes changes with what else the machine does.
        if kill_within(process, chance.uniform(0.4 * took, 1.1 * took) if took else 240):
            kills += 1
        else:
            published, took = published + 1, time.monotonic() - begun
        assert broken(night_bank) == set(), f"after {kills} kills"
        assert ask(night_bank, "SELECT count(DISTINCT run_id) FROM loyalty_standing") == 1
    figures(kills=kills, published=published, latest_s=round(took, 1))
    assert kills >= 10
    assert at_night(night_bank.home, "evaluate", "2026-09-30").wait(timeout=240) == 0


# --- restarts -------------------------------------------------------------------------------------


class Caller:
    """A client that sends safe requests again until they are answered, and counts what it met."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answered = self.cut = self.refused = self.failed = 0
        self.is_over = False

    def call(self) -> None:
        while not self.is_over:
            give_up_at = time.monotonic() + 60
            while not self._once():
                if time.monotonic() > give_up_at:
                    self.failed += 1
                    break
                time.sleep(0.05)

    def _once(self) -> bool:
        try:
            with urllib.request.urlopen(self.address, timeout=30) as answer:
                answer.read()
        except HTTPError:
            self.failed += 1
            return True
        except (ConnectionRefusedError, urllib.request.URLError) as error:
            is_refused = isinstance(getattr(error, "reason", error), ConnectionRefusedError)
            self.refused, self.cut = self.refused + is_refused, self.cut + (not is_refused)
            return False
        except (OSError, HTTPException):
            self.cut += 1
            return False
        self.answered += 1
        return True


def restarted(home: Home, *, times: int, by: signal.Signals) -> tuple[list[Caller], float]:
    """Stop and start the pages under load; the callers, and the longest time a stop took."""
    port = free_port("127.0.0.1")
    words = ("web", "--port", str(port), "--workers", "1")
    callers = [Caller(f"http://127.0.0.1:{port}/login/") for _ in range(4)]
    web = started(home, *words)
    threads = [threading.Thread(target=caller.call) for caller in callers]
    for thread in threads:
        thread.start()
    slowest = 0.0
    for number in range(times):
        answered = sum(caller.answered for caller in callers)
        until(lambda before=answered: sum(one.answered for one in callers) > before + 20, within_s=60)  # type: ignore[misc]
        begun = time.monotonic()
        os.killpg(web.pid, by) if by is signal.SIGKILL else web.send_signal(by)
        web.wait(timeout=60)
        slowest = max(slowest, time.monotonic() - begun)
        if number < times - 1:
            web = started(home, *words)
    for caller in callers:
        caller.is_over = True
    last = started(home, *words)  # lets the last calls end
    for thread in threads:
        thread.join()
    last.terminate()
    last.wait(timeout=60)
    return callers, slowest


def counted(callers: list[Caller]) -> dict[str, int]:
    names = ("answered", "refused", "cut", "failed")
    return {name: sum(getattr(caller, name) for caller in callers) for name in names}


@pytest.mark.goal("G38")
def test_restarts_under_load_fail_no_request_that_is_sent_again(
    night_bank: EmbeddedServer, figures: Figures
) -> None:
    callers, slowest = restarted(night_bank.home, times=25, by=signal.SIGTERM)
    counts = counted(callers)
    figures(restarts=25, slowest_stop_s=round(slowest, 1), **counts)
    assert counts["answered"] > 400
    assert (counts["failed"], slowest < 30) == (0, True)
    assert counts["cut"] <= counts["answered"] // 50, "a stop that does not let requests end"


@pytest.mark.goal("G38")
def test_a_stop_that_does_not_let_requests_end_is_found(night_bank: EmbeddedServer) -> None:
    callers, _slowest = restarted(night_bank.home, times=6, by=signal.SIGKILL)
    assert counted(callers)["cut"] > 0
