"""Commands print their answer and nothing around it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.run.commands import zhike

from zhike.run.servers import EmbeddedServer


def test_a_command_prints_only_its_answer(furnished: EmbeddedServer) -> None:
    done = zhike(furnished.home, "audit", "verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "The audit is whole."


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
