"""Rooms use lower rooms only, through their doors; layers call downwards. The contracts stand in .importlinter."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.sources import PACKAGE, ROOT

CONTRACTS = ROOT / ".importlinter"


def lint(sources: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts against the package below `sources`."""
    check = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", check, "--no-cache", "--config", str(CONTRACTS)],
        cwd=sources,
        env={"PYTHONPATH": str(sources), "PATH": "", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    answer = lint(PACKAGE.parent)
    assert answer.returncode == 0, answer.stdout[answer.stdout.find("Contracts:") :]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources once more, to be broken on purpose."""
    folder = tmp_path_factory.mktemp("broken")
    shutil.copytree(PACKAGE, folder / "zhike", ignore=shutil.ignore_patterns("*.pyc", "vendor", "locale"))
    return folder


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("customers/models/customers.py", "zhike.loyalty.models", "Rooms use lower rooms only"),
        ("insight/models/portraits.py", "zhike.loyalty.models", "Rooms use lower rooms only"),
        ("core/audit.py", "zhike.analytics.index", "Rooms use lower rooms only"),
        ("analytics/tiers.py", "django.db", "Computation knows neither Django nor us"),
        ("run/home.py", "django.conf", "What runs the machine knows no room"),
        ("core/keys/__init__.py", "zhike.run.home", "Rooms do not know what machine they run on"),
        ("facts/intake/cells.py", "django.db", "Reading extracts and making the demo bank need no Django"),
        ("staff/models/people.py", "zhike.staff.operations.people", "Inside a room"),
        ("facts/queries/lake.py", "zhike.facts.operations.imports", "Inside facts"),
        ("core/queries/approvals.py", "zhike.core.operations.approvals", "Inside the core"),
        (
            "loyalty/operations/runs.py",
            "zhike.facts.operations.imports",
            "Other rooms enter facts by its api",
        ),
        (
            "facts/operations/imports.py",
            "zhike.staff.operations.people",
            "Other rooms enter staff by its api",
        ),
        (
            "loyalty/operations/publishing.py",
            "zhike.insight.operations.portraits",
            "Other rooms enter insight by its api",
        ),
        ("attic/__init__.py", "", "Rooms use lower rooms only"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    copy: Path, module: str, imported: str, contract: str
) -> None:
    path = copy / "zhike" / module
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{before or ''}\nimport {imported}\n" if imported else "", encoding="utf-8")
    try:
        answer = lint(copy)
    finally:
        if before is None:
            shutil.rmtree(path.parent)
        else:
            path.write_text(before, encoding="utf-8")
    assert answer.returncode == 1
    assert any(line.startswith(contract) and "BROKEN" in line for line in answer.stdout.splitlines()), (
        answer.stdout + answer.stderr
    )
