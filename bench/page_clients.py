"""Opening pages over HTTP at a real server: one client after the other, or many at once."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.installation import Installation
from bench.page_queries import Page
from zhike.run import roles

HOST = "127.0.0.1"
START_S_MAX = 60
Timing = tuple[Page, float]


@contextmanager
def serving(installation: Installation) -> Iterator[int]:
    """The port of a web process of this installation, started and stopped as in production."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "zhike.cli", "web", "--port", str(port)]
    process = subprocess.Popen(
        command,
        env={**installation.environment(roles.APP), "ZHIKE_LOG": "WARNING"},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=START_S_MAX)


def timings(port: int, pages: Sequence[Page], *, clients: int, rounds: int) -> list[Timing]:
    """Seconds of every page in every round, by so many clients that each go through all of them."""
    with ThreadPoolExecutor(clients) as pool:
        parts = [
            pool.submit(_walk, port, _rotated(pages, number, clients), rounds) for number in range(clients)
        ]
        return [timing for part in parts for timing in part.result()]


def p95(seconds: Sequence[float]) -> float:
    """The value that nineteen of twenty do not exceed."""
    return sorted(seconds)[max(0, -(-len(seconds) * 95 // 100) - 1)]


def _walk(port: int, pages: Sequence[Page], rounds: int) -> list[Timing]:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    found = []
    for _ in range(rounds):
        for page in pages:
            headers = {"Cookie": f"zhike_session={page.cookie}"} | (
                {"HX-Request": "true"} if page.is_part else {}
            )
            start = time.perf_counter()
            connection.request("GET", page.path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            found.append((page, time.perf_counter() - start))
            if answer.status != 200:
                raise LookupError(f"{page.path} answered {answer.status}")
    connection.close()
    return found


def _rotated(pages: Sequence[Page], number: int, clients: int) -> list[Page]:
    """Everybody begins somewhere else, so that not all open the same page at once."""
    first = len(pages) * number // clients
    return [*pages[first:], *pages[:first]]


def _wait_for(port: int) -> None:
    give_up_at = time.monotonic() + START_S_MAX
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
