"""What a machine may lack: a browser for the journeys, Java and Spark for half of the parity tests.

A run without them skips and says so at its end; where ZHIKE_REQUIRE_BROWSER or ZHIKE_REQUIRE_SPARK is set,
as in continuous integration, the lack is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str | None:
    """The installed Chromium. Never one that a test tool would download."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def has_spark() -> bool:
    return shutil.which("java") is not None and importlib.util.find_spec("pyspark") is not None


@dataclass(frozen=True)
class Need:
    """A marker whose tests need something of the machine."""

    marker: str
    is_met: Callable[[], bool]
    variable: str
    remedy: str


NEEDS = (
    Need("journey", lambda: browser_path() is not None, "ZHIKE_REQUIRE_BROWSER", "Install Chromium."),
    Need("spark", has_spark, "ZHIKE_REQUIRE_SPARK", "Install Java 17 and run make spark."),
)
skipped: dict[str, int] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for need in NEEDS:
        if item.get_closest_marker(need.marker) is None or need.is_met():
            continue
        if os.environ.get(need.variable):
            pytest.fail(f"{need.variable} is set and the machine cannot: {need.remedy}", pytrace=False)
        skipped[need.marker] = skipped.get(need.marker, 0) + 1
        pytest.skip(need.remedy)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of several hands its skips to the one that tells of them."""
    if (handed := getattr(session.config, "workeroutput", None)) is not None:
        handed["skipped"] = skipped


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for marker, count in getattr(node, "workeroutput", {}).get("skipped", {}).items():
        skipped[marker] = skipped.get(marker, 0) + count


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for need in NEEDS:
        if count := skipped.get(need.marker):
            line = f"NOT TESTED HERE: {count} tests marked {need.marker}. {need.remedy}"
            terminalreporter.write_line(line, red=True, bold=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; as root it has no sandbox to offer."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": browser_path(), "args": arguments}
