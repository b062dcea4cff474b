"""Bring the database's rights in line with `grants.sql` and the permission table."""

from __future__ import annotations

from importlib.resources import files

from django.db import connections, transaction

from zhike.core.access.permissions import REACH, ROLES


def apply(alias: str = "owner") -> None:
    """Apply the grants as the owner, and write what row-level security knows of each role. Repeatable."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM core_rolereach")
        cursor.executemany(
            "INSERT INTO core_rolereach (role, reach) VALUES (%s, %s)",
            [(code, REACH[role.scope]) for code, role in ROLES.items()],
        )
        for text in statements():
            cursor.execute(text)


def statements() -> list[str]:
    """The grants of the core and then of every room that has its own file."""
    return [
        files(package).joinpath("grants.sql").read_text("utf-8")
        for package in ("zhike.core", "zhike.customers", "zhike.facts", "zhike.insight", "zhike.loyalty")
        if files(package).joinpath("grants.sql").is_file()
    ]
