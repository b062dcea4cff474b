"""What operators read is what the product does: its variables, its nightly jobs, its folders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.architecture.sources import PACKAGE, ROOT, python_files, tree_of

from zhike.run.home import Home

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"(?:ZHIKE_[A-Z][A-Z_]*|PG_BINDIR)")
ALL_DAY = "every "
NOT_FOR_OPERATORS = {
    "ZHIKE_PARENT": "set by the supervisor for its children",
    "ZHIKE_CRASH_POINT": "armed by tests alone",
}


def variables(tree: ast.AST) -> Iterator[str]:
    """Names of variables that stand in a module as constants by themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value):
            yield node.value


def table_rows(page: str, *, head: str) -> list[list[str]]:
    """The rows of the table that begins with `head`."""
    rows = page[page.index(head) :].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_every_variable_that_the_code_reads_is_in_the_table() -> None:
    read = {name for path in python_files(PACKAGE) for name in variables(tree_of(path))}
    assert len(read) > 20
    listed = {name for row in table_rows(PAGE, head="| Variable |") for name in VARIABLE.findall(row[0])}
    assert read - NOT_FOR_OPERATORS.keys() == listed
    assert NOT_FOR_OPERATORS.keys() <= read, "listed, but read no more"


def test_a_variable_that_nobody_wrote_down_is_found() -> None:
    tree = ast.parse('os.environ.get("ZHIKE_SECRET_DOOR"); say("set ZHIKE_HOME to a folder")')
    assert list(variables(tree)) == ["ZHIKE_SECRET_DOOR"]


def nightly(page: str) -> dict[str, str]:
    """Job → time of day in Shanghai, as the page has it."""
    rows = table_rows(page, head="| When (Asia/Shanghai) |")
    return {row[1].strip("`"): row[0] for row in rows if row[1] and not row[0].startswith(ALL_DAY)}


def all_day(page: str) -> set[str]:
    """Jobs that run through the day, as the page has them."""
    rows = table_rows(page, head="| When (Asia/Shanghai) |")
    return {row[1].strip("`") for row in rows if row[0].startswith(ALL_DAY)}


def periodic(*, at_night: bool) -> list[Any]:
    """What the worker starts by itself: once a night, or again and again."""
    from procrastinate.contrib.django import app

    tasks = app.periodic_registry.periodic_tasks.values()
    return [task for task in tasks if (task.cron.split()[1] != "*") == at_night]


def scheduled() -> dict[str, str]:
    """Job → time of day in Shanghai, as the worker starts it; its library counts in UTC."""
    found = {}
    for task in periodic(at_night=True):
        minute, hour, *rest = task.cron.split()
        assert rest == ["*", "*", "*"], "not every night"
        started = datetime.combine(date(2026, 11, 23), time(int(hour), int(minute)), UTC)
        found[task.task.name] = started.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M")
    return found


@pytest.mark.goal("G36")
def test_every_nightly_job_is_listed_at_its_time() -> None:
    assert nightly(PAGE) == scheduled()
    assert all_day(PAGE) == {task.task.name for task in periodic(at_night=False)}
    assert len(scheduled()) >= 4


@pytest.mark.goal("G36")
def test_nightly_jobs_run_while_the_bank_is_closed() -> None:
    assert {name: at for name, at in scheduled().items() if not "00:30" <= at <= "06:00"} == {}


@pytest.mark.goal("G36")
def test_the_job_library_counts_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    task = periodic(at_night=True)[0]
    minute, hour, *_rest = task.cron.split()
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for zone in ("Asia/Shanghai", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        before = datetime.fromtimestamp(
            task.croniter.get_prev(ret_type=float, start_time=noon.timestamp()), UTC
        )
        assert (before.hour, before.minute) == (int(hour), int(minute))


def test_a_job_that_the_page_forgets_is_found() -> None:
    assert nightly(PAGE.replace("| 03:15 | `facts.sweep` |", "| 03:15 | |")) != scheduled()


def test_every_folder_that_is_made_is_listed(tmp_path: Path) -> None:
    home = Home(root=tmp_path / "home", keys=tmp_path / "keys")
    home.prepare()
    made = {path.name for path in home.root.iterdir() if path.is_dir()}
    assert all(f"`ZHIKE_HOME/{name}`" in PAGE for name in made)
    listed = set(re.findall(r"`ZHIKE_HOME/(\w+)`", PAGE))
    assert listed - made == {"postgres", "imports"}, "made when they are first needed"
