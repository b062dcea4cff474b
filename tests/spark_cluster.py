"""Spark on loopback for tests: a master with two workers, or a Spark Connect server, as docs/operations.md starts them.

Ports are free ones; everything ends with the block.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
CONF = """
spark.sql.shuffle.partitions 4
spark.executor.memory {memory}
spark.driver.memory 512m
"""
BRIEF = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Quick to start: nothing that a test does runs long enough to be worth compiling well."""


@dataclass(frozen=True)
class Cluster:
    """A master and its workers."""

    address: str
    workers: list[subprocess.Popen[bytes]]

    def kill_worker(self, number: int) -> None:
        """End a worker with all its executors as a power cut would."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()


def spark_home() -> Path:
    found = find_spec("pyspark")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@contextmanager
def settings_in(folder: Path, *, memory: str = "512m", java: str = BRIEF) -> Iterator[dict[str, str]]:
    """The environment of Spark's own programs, with small settings of theirs; also for sessions of this process."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spark-defaults.conf").write_text(
        CONF.format(memory=memory)
        + "".join(f"spark.{each}.extraJavaOptions {java}\n" for each in ("driver", "executor") if java)
    )
    own = {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": HOST, "SPARK_HOME": str(spark_home())}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield {**os.environ, "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
               "SPARK_DAEMON_JAVA_OPTS": BRIEF}  # fmt: skip
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


@contextmanager
def standalone(folder: Path, *, memory: str = "512m", java: str = BRIEF) -> Iterator[Cluster]:
    """A master and two workers of one core, with so much memory for an executor and these options for its Java."""
    port = free_port()
    address = f"spark://{HOST}:{port}"
    with settings_in(folder / "conf", memory=memory, java=java) as environment, ExitStack() as stack:
        run = str(spark_home() / "bin" / "spark-class")
        master = [run, "org.apache.spark.deploy.master.Master", "--host", HOST, "--port", str(port)]
        stack.enter_context(_started([*master, "--webui-port", "0"], environment, folder / "master.log"))
        _await(port)
        worker = [
            run,
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            HOST,
            "--cores",
            "1",
            "--memory",
            "3g",
        ]
        workers = [
            stack.enter_context(
                _started(
                    [*worker, "--webui-port", "0", "--work-dir", str(folder / f"work-{number}"), address],
                    environment, folder / f"worker-{number}.log",
                )
            )
            for number in (1, 2)
        ]  # fmt: skip
        for number in (1, 2):
            _await_words(folder / f"worker-{number}.log", "Successfully registered")
        yield Cluster(address, workers)


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """A Spark Connect server that computes in itself; its address."""
    port = free_port()
    with settings_in(folder / "conf") as environment:
        command = [
            str(spark_home() / "bin" / "spark-submit"), "--master", "local[2]",
            "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
            "--conf", f"spark.connect.grpc.binding.address={HOST}",
            "--conf", f"spark.connect.grpc.binding.port={port}",
            "--conf", "spark.ui.enabled=false", "--conf", f"spark.local.dir={folder}",
            "--conf", f"spark.sql.warehouse.dir={folder}", "spark-internal",
        ]  # fmt: skip
        with _started(command, environment, folder / "connect.log"):
            _await(port)
            yield f"sc://{HOST}:{port}"


@contextmanager
def _started(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, start_new_session=True, cwd=log.parent
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(port: int, *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as sock:
            if sock.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing answers at {port}")


def _await_words(log: Path, words: str, *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > until:
            raise TimeoutError(f"{log.name} does not say {words!r}")
        time.sleep(0.2)
