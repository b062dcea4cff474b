"""How `make test` spreads over processes, so that two cores take little more than half the time.

Each process reads tests/conftest.py anew and so has a home, a server and a database of its own: no two tests
that run at once share a row, a folder or a socket. What stands together in a file runs together in one process,
and so do all tests that start whole installations, which look for free ports and for what others left running.

In each process the order is that of a single one: tests that really commit come after those that roll back, for
they leave tables empty that the others need. A run of one process (`pytest tests/core`) knows nothing of this.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

INSTALLATIONS = ("tests/run/", "tests/journeys/")


def groups_of(tests: Sequence[str]) -> dict[str, str]:
    """The group that each test runs in. The tests come in the order of one process, those that start installations
    first of all; where a file's tests stand apart in it, they are groups of their own."""
    groups: dict[str, str] = {}
    is_front = True
    for number, (path, together) in enumerate(groupby(tests, key=lambda test: test.partition("::")[0])):
        is_front = is_front and path.startswith(INSTALLATIONS)
        groups |= dict.fromkeys(together, "installations" if is_front else f"{path} {number}")
    return groups


class InOrder(LoadScopeScheduling):
    """Hands out a group at a time, in their order."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        self._groups: dict[str, str] = {}

    def schedule(self) -> None:
        if self.collection is None:
            self._groups = groups_of(next(iter(self.registered_collections.values())))
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._groups[nodeid]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InOrder:
    config.option.loadscopereorder = False
    return InOrder(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each process read Django's settings with its own tests/conftest.py, not with this one's folders."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest in one go, so that the other process does not wait for it at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _uses_the_database(item) or not item.nodeid.startswith(INSTALLATIONS))


def _uses_the_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or "db" in getattr(item, "fixturenames", ())


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None) and os.environ.get("ZHIKE_TEST_DATABASE_URL"):
        raise pytest.UsageError(
            "Roles are a server's, not a database's: on a server of your own, one process."
        )
