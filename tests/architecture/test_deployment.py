"""Django's own checks of a deployment find nothing where the pages are behind TLS (G40)."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

import pytest

pytestmark = pytest.mark.goal("G40")
IN_A_BANK = {
    "ZHIKE_TLS": "1",
    "ZHIKE_PROXY": "1",
    "ZHIKE_HOSTS": "crm.bank.example",
    "ZHIKE_ORIGINS": "https://crm.bank.example",
    "ZHIKE_SECRET_KEY": secrets.token_urlsafe(48),
    "ZHIKE_DB_APP": "postgresql://zhike_app@127.0.0.1:1/zhike",
}


def deployed(**environ: str) -> subprocess.CompletedProcess[str]:
    """`check --deploy` on the product's settings; a warning fails."""
    own = {
        name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"
    }  # of tests
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env={**own, **IN_A_BANK, **environ}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_deployment_behind_tls_passes_every_check() -> None:
    done = deployed()
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ({"ZHIKE_TLS": "0"}, {"security.W004", "security.W008", "security.W012", "security.W016"}),
        ({"ZHIKE_SECRET_KEY": "short"}, {"security.W009"}),
    ],
)
def test_a_deployment_that_forgets_something_fails(fault: dict[str, str], found: set[str]) -> None:
    done = deployed(**fault)
    assert done.returncode == 1
    assert all(code in done.stderr for code in found), done.stderr
