"""A command and a database of different releases: one sentence, and nothing is touched."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from zhike.cli import web
from zhike.cli.session import demand_this_release
from zhike.run.children import PARENT_VARIABLE

pytestmark = pytest.mark.django_db


def said_of(act: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    with (
        click.Context(click.Command("import"), info_name="import") as context,
        pytest.raises(SystemExit) as end,
    ):
        context.params["as_json"] = True
        act()
    assert end.value.code == 1
    return dict(json.loads(capsys.readouterr().out))


def test_a_database_of_this_release_is_taken() -> None:
    demand_this_release()


def test_an_older_database_is_refused_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    MigrationRecorder(connection).record_unapplied("loyalty", "0010_versions_of_indicators")
    answer = said_of(demand_this_release, capsys)
    assert answer["code"] == "OLDER_DATABASE" and "zhike migrate" in str(answer["error"])


def test_a_later_database_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    MigrationRecorder(connection).record_applied("loyalty", "9999_of_a_later_release")
    assert said_of(demand_this_release, capsys)["code"] == "LATER_DATABASE"


def test_a_role_that_may_not_read_the_releases_is_not_asked() -> None:
    MigrationRecorder(connection).record_applied("loyalty", "9999_of_a_later_release")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE zhike_auditor")
    demand_this_release()


@pytest.mark.parametrize(("parent", "asked"), [("", True), ("1", False)])
def test_pages_ask_for_it_unless_a_supervisor_has_just_seen_to_it(
    monkeypatch: pytest.MonkeyPatch, parent: str, asked: bool
) -> None:
    called: list[str] = []
    for name in ("environment", "enter"):
        monkeypatch.setattr(web, name, lambda *_roles, name=name: called.append(name) or {})
    monkeypatch.setattr(web.os, "execve", lambda *_given: called.append("served"))
    monkeypatch.setattr(web, "stop_with_parent", lambda: None)
    monkeypatch.delenv(PARENT_VARIABLE, raising=False)
    if parent:
        monkeypatch.setenv(PARENT_VARIABLE, parent)
    assert CliRunner().invoke(web.command, []).exit_code == 0
    assert called == ["environment", *(["enter"] if asked else []), "served"]
