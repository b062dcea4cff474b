"""Sessions on a Spark of the bank's: opened at its address, set so that it gives DuckDB's bits, and tried.

An address is `local[2]`, `spark://HOST:PORT`, `yarn`, `k8s://…` or, for Spark Connect, `sc://HOST:PORT`. Memory,
cores and credentials of the cluster stand in its own `spark-defaults.conf`, not here.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from zhike.analytics import dialect
from zhike.analytics.engine import DuckEngine, spark_address

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_SPARK = 4
LEAST_JAVA = 17
CONNECT_PACKAGES = ("grpc", "pandas", "pyarrow")
PROBES = 32
"""Tasks of the trial: enough to reach the executors of a small cluster, quick on one machine."""
ANSWER_SECONDS = 120.0
"""How long a cluster may take for the trial, which one with a free core does in a few seconds."""
LOST_SECONDS = 300.0
"""How long a run waits for executors that are gone; a cluster restarts them in less or not at all."""
_KNOCK_SECONDS = 5.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS = re.compile(
    r"local(\[(\*|\d+)(,\d+)?\])?|yarn|k8s://\S+|sc://[^\s/]+(/\S*)?|spark://[^\s,/:]+:\d+(,[^\s,/:]+:\d+)*"
)

SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # an overflow or a division by zero ends the run instead of becoming NULL
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.storeAssignmentPolicy": "ANSI",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",  # days before 1582 as DuckDB reads them
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.files.ignoreCorruptFiles": "false",  # a fact left out is worse than a run that ends
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.mergeSchema": "false",
}
"""What the bits rest on, whatever a cluster has as its own; set for each session and read back."""
_OWN = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}


class SparkUnusable(Exception):
    """This Spark cannot be used; `code` says why, `details` with what."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(", ".join([code, *(f"{name}={value}" for name, value in details.items())]))
        self.code = code
        self.details = details


class SparkLost(Exception):
    """The cluster has had no executor for too long: whatever was computed is given up."""

    code = "SPARK_LOST"


@dataclass(slots=True)
class Spark:
    """An open session and where its work lies: a folder that this process and every executor reach."""

    session: SparkSession
    shared: str
    version: str
    _is_lost: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Say SparkLost of whatever fails in the block once the cluster was given up."""
        try:
            yield
        except Exception as error:
            if self._is_lost.is_set():
                raise SparkLost from error
            raise


def demand_means(address: str) -> None:
    """Raise SparkUnusable where an address is none, or this machine lacks what it takes to reach it."""
    if not _ADDRESS.fullmatch(address):
        raise SparkUnusable("SPARK_ADDRESS", address=address)
    if importlib.util.find_spec("pyspark") is None:
        raise SparkUnusable("SPARK_NO_PACKAGE")
    if address.startswith("sc://"):
        lacking = [name for name in CONNECT_PACKAGES if importlib.util.find_spec(name) is None]
        if lacking:
            raise SparkUnusable("SPARK_NO_CONNECT", packages=", ".join(lacking))
    else:
        _demand_java()
    places = _places(address)
    if places and not any(_answers(host, port) for host, port in places):
        raise SparkUnusable("SPARK_NO_MASTER", address=without_secrets(address))


@contextmanager
def opened(address: str, *, shared: str, spill: Path, log: Path) -> Iterator[Spark]:
    """A session at an address, set, tried, and ended with the block; what the JVM says goes into `log`.

    `shared` is a folder of the lake for what Spark and DuckDB hand each other: a path, or an address that both
    understand. Raises SparkUnusable.
    """
    demand_means(address)
    session = _start(address, spill=spill, log=log)
    muted = logging.getLogger()  # where the bridge to Java writes a trace of each Ctrl-C
    muted.addFilter(_is_not_of_the_bridge)
    try:
        found = Spark(session, shared, session.version)
        _set(session)
        _within(
            ANSWER_SECONDS,
            lambda: _try(session, shared),
            address=address,
            stop=lambda: interrupt(session),
        )
        with _watched(found, address):
            yield found
    except BaseException:
        interrupt(session)
        raise
    finally:
        _end(session)
        muted.removeFilter(_is_not_of_the_bridge)


def without_secrets(address: str) -> str:
    """An address as it may be shown: parameters behind it may hold a token."""
    return address.split(";", 1)[0].rstrip("/")


def interrupt(session: SparkSession) -> None:
    """Have the cluster drop what this session has asked for."""
    with suppress(Exception):
        context = getattr(session, "_sc", None)
        if context is not None:
            context.cancelAllJobs()
        else:
            session.interruptAll()


def _demand_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise SparkUnusable("SPARK_NO_JAVA", wanted=LEAST_JAVA)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    release = re.search(r'version "(?:1\.)?(\d+)', said)
    if release is None or int(release[1]) < LEAST_JAVA:
        raise SparkUnusable("SPARK_OLD_JAVA", wanted=LEAST_JAVA, found=release[1] if release else "?")


def _places(address: str) -> list[tuple[str, int]]:
    """Host and port of whatever must answer before a session is tried."""
    if address.startswith("spark://"):
        parts = [urlsplit(f"//{each}") for each in address.removeprefix("spark://").split(",")]
    elif address.startswith("sc://"):
        parts = [urlsplit(address.split(";", 1)[0])]
    else:
        return []
    try:
        return [(part.hostname or "", part.port or 15002) for part in parts]
    except ValueError as error:  # a port beyond 65535
        raise SparkUnusable("SPARK_ADDRESS", address=without_secrets(address)) from error


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_KNOCK_SECONDS):
            return True
    except OSError:
        return False


def _start(address: str, *, spill: Path, log: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if address.startswith("sc://"):
        builder = builder.remote(address)
    else:
        builder = builder.master(address).appName("zhike")
        own = {**_OWN, "spark.local.dir": str(spill), "spark.sql.warehouse.dir": str(spill / "warehouse")}
        places = _places(address)
        if (
            all(host in _LOOPBACK for host, _ in places)
            and address != "yarn"
            and not address.startswith("k8s")
        ):
            own |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        for name, value in own.items():
            builder = builder.config(name, value)
    at_interrupt = signal.getsignal(signal.SIGINT)
    try:
        with _errors_into(log):
            session = builder.getOrCreate()
            major = int(session.version.split(".")[0])  # the first answer of a Connect server
    except Exception as error:
        raise SparkUnusable(
            "SPARK_NOT_OPENED", address=without_secrets(address), why=_first(error)
        ) from error
    if at_interrupt is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, at_interrupt)  # Spark's own handler would outlive the session
    if major < LEAST_SPARK:
        _end(session)
        raise SparkUnusable("SPARK_OLD", found=session.version, wanted=LEAST_SPARK)
    return session


def _is_not_of_the_bridge(record: logging.LogRecord) -> bool:
    return record.module != "java_gateway"


def _set(session: SparkSession) -> None:
    """Set what the bits rest on, and see that it holds."""
    for name, value in SETTINGS.items():
        try:
            session.conf.set(name, value)
            found = session.conf.get(name)
        except Exception as error:
            raise SparkUnusable("SPARK_SETTING", setting=name, wanted=value, found=_first(error)) from error
        if str(found).lower() != value.lower():
            raise SparkUnusable("SPARK_SETTING", setting=name, wanted=value, found=found)
    for statement in dialect.SPARK:
        session.sql(statement)


def _compute(session: SparkSession) -> None:
    """Have the cluster compute what is known to the last bit."""
    columns = ", ".join(f"{expression} AS known_{at}" for at, (expression, _) in enumerate(dialect.KNOWN))
    row = session.sql(f"SELECT {columns}").collect()[0]
    for (expression, expected), found in zip(dialect.KNOWN, row, strict=True):
        if repr(found) != repr(expected):
            raise SparkUnusable("SPARK_BITS", expression=expression, expected=expected, found=found)


def _try(session: SparkSession, shared: str) -> None:
    """Have executors compute what is known, write and read below `shared`, and read and write there ourselves."""
    _compute(session)
    place = f"{shared}/{uuid4().hex}"
    theirs, ours = f"{place}-theirs", f"{place}-ours.parquet"
    known = list(range(PROBES))
    query = "SELECT COUNT(DISTINCT n) AS found FROM probed"
    with DuckEngine() as duck:
        try:
            session.range(0, PROBES, 1, PROBES).toDF("n").write.parquet(spark_address(theirs))
            duck.view("probed", [theirs])
            here = duck.fetch(query, {})[0][0]
            duck.table("known", (("n", "BIGINT"),), [(number,) for number in known])
            duck.write("SELECT n FROM known", {}, ours)
            session.read.parquet(spark_address(ours), spark_address(theirs)).createOrReplaceTempView("probed")
            there = session.sql(query).collect()[0][0]
        except Exception as error:
            raise SparkUnusable("SPARK_NOT_SHARED", folder=shared, why=_first(error)) from error
    if (here, there) != (PROBES, PROBES):
        raise SparkUnusable("SPARK_NOT_SHARED", folder=shared, why=f"{here}/{there} of {PROBES}")


def _within(seconds: float, work: Callable[[], None], *, address: str, stop: Callable[[], None]) -> None:
    """Do a piece of work that may wait for ever on a cluster without a free core."""
    raised: list[BaseException] = []

    def carried() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=carried, name="spark-trial", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        stop()
        raise SparkUnusable("SPARK_NO_WORKERS", address=without_secrets(address), seconds=round(seconds))
    if raised:
        raise raised[0]


@contextmanager
def _watched(spark: Spark, address: str) -> Iterator[None]:
    """Give a run up whose executors are gone and do not come back: Spark itself would wait for ever.

    A Spark Connect server hides its executors; there the server's own settings decide.
    """
    if address.startswith(("sc://", "local")):
        yield
        return
    ended = threading.Event()
    memory = spark.session.sparkContext._jsc.sc()

    def watch() -> None:
        step = LOST_SECONDS / 20
        gone = 0.0
        while not ended.wait(step):
            with suppress(Exception):
                gone = 0.0 if memory.getExecutorMemoryStatus().size() > 1 else gone + step
            if gone >= LOST_SECONDS:
                spark._is_lost.set()
                interrupt(spark.session)
                return

    thread = threading.Thread(target=watch, name="spark-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _end(session: SparkSession) -> None:
    """End a session, and with a classic one its JVM: a worker lives on, and must not carry it along."""
    context = getattr(session, "_sc", None)
    with suppress(Exception):
        session.stop()
    if context is None:
        os.environ.pop(
            "SPARK_CONNECT_MODE_ENABLED", None
        )  # or the next session of this process would be one, too
        return
    kind = type(context)
    gateway: Any = kind._gateway
    kind._gateway = kind._jvm = None
    with suppress(Exception):
        gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        with suppress(Exception):
            process.stdin.close()  # what tells the JVM that nobody needs it any more
            process.wait(timeout=30)


@contextmanager
def _errors_into(log: Path) -> Iterator[None]:
    """Let a JVM that is started here write its log into a file instead of the terminal."""
    kept = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _first(error: BaseException) -> str:
    """The first line of what an error says; the rest is Java's."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
