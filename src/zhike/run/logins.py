"""The demo bank's logins, kept in the keys folder so that each start can print them again."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from zhike.run.home import Home

FILE = "demo-logins.json"


@dataclass(frozen=True)
class DemoLogin:
    """Who may be tried: one made-up person a role."""

    role: str
    name: str
    login: str
    password: str


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
