"""The demo bank's logins, kept in the keys folder so that each start can print them again."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from zhike.run.home import Home

FILE = "demo-logins.json"
DEMO_BANK = "天华银行"


@dataclass(frozen=True)
class DemoLogin:
    """Who may be tried: one made-up person a role."""

    role: str
    name: str
    login: str
    password: str


def bank_name(keys: Path, *, named: str) -> str:
    """The bank's name on every page: the one its administrator named, else that of the made-up bank, else none."""
    return named or (DEMO_BANK if (keys / FILE).exists() else "")


def write_demo_logins(home: Home, logins: Sequence[DemoLogin]) -> None:
    """Replace the stored list. Readable by this user only."""
    path = home.keys / FILE
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump([asdict(login) for login in logins], file, ensure_ascii=False, indent=1)
    partial.replace(path)


def read_demo_logins(home: Home) -> list[DemoLogin]:
    """The stored list, empty in an installation without a demo bank."""
    path = home.keys / FILE
    if not path.exists():
        return []
    return [DemoLogin(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
