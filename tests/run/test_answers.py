"""Commands print their answer and nothing around it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from tests.run.commands import zhike

from zhike.run.postgres import SUPERUSER
from zhike.run.servers import EmbeddedServer
from zhike.run.words import operators_language


def test_a_command_prints_only_its_answer(furnished: EmbeddedServer) -> None:
    done = zhike(furnished.home, "audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "The audit is whole."


def test_a_verification_by_command_is_the_latest_that_the_page_of_the_audit_tells(
    furnished: EmbeddedServer,
) -> None:
    latest = (
        "SELECT coalesce(max(id), 0), max(actor || ' ' || outcome) FILTER (WHERE id ="
        " (SELECT max(id) FROM core_auditevent WHERE action = 'audit.verified'))"
        " FROM core_auditevent WHERE action = 'audit.verified'"
    )
    with psycopg.connect(furnished.cluster.url(SUPERUSER)) as connection:
        before, _told = connection.execute(latest).fetchone()
        assert zhike(furnished.home, "audit", "verify").returncode == 0
        connection.rollback()
        after, told = connection.execute(latest).fetchone()
    assert after > before
    assert told.startswith("system ") and told.endswith(" DONE")


def test_a_verdict_that_cannot_be_noted_is_told_all_the_same(furnished: EmbeddedServer) -> None:
    with psycopg.connect(furnished.cluster.url(SUPERUSER), autocommit=True) as connection:
        connection.execute("REVOKE INSERT ON core_auditevent FROM zhike_auditor")
        try:
            done = zhike(furnished.home, "audit", "verify")
        finally:
            connection.execute("GRANT INSERT ON core_auditevent TO zhike_auditor")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "The audit is whole."
    assert "could not be noted" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("zh_CN.UTF-8", "审计记录完整。"),
        ("zh_HK.UTF-8", "審計記錄完整無缺。"),
        ("de_DE.UTF-8", "The audit is whole."),
    ],
)
def test_the_verdict_on_the_audit_is_told_in_the_operators_language(
    furnished: EmbeddedServer, locale: str, said: str
) -> None:
    done = zhike(furnished.home, "audit", "verify", LC_ALL=locale, PYTHONIOENCODING="utf-8")
    assert done.stdout.splitlines()[-1] == said


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_TW"}, "zh-hant"),
        ({"LANG": "zh_SG"}, "zh-hans"),
        ({"LANG": "zh_CN", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "en_GB", "LC_ALL": "zh-Hant"}, "zh-hant"),
    ],
)
def test_the_language_of_a_terminal_follows_its_locale(environ: dict[str, str], language: str) -> None:
    assert operators_language(environ) == language


def test_an_operator_may_ask_for_the_log_besides(furnished: EmbeddedServer) -> None:
    done = zhike(furnished.home, "audit", "verify", ZHIKE_LOG="INFO")
    assert "INFO" in done.stderr and "INFO" not in done.stdout


def test_the_made_up_banks_files_can_be_had_to_try_an_import(
    furnished: EmbeddedServer, tmp_path: Path
) -> None:
    words = ("demo", "--extracts", str(tmp_path), "--until", "2026-10-15", "--customers", "200", "--json")
    answer = json.loads(zhike(furnished.home, *words).stdout)
    assert (answer["ok"], answer["files"]) == (True, sorted(path.name for path in tmp_path.iterdir()))
    assert "KHXX_20261015.csv" in answer["files"]
