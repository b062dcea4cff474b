"""Database addresses: which role connects where, read from the environment.

Each process gets only the addresses it needs. `ZHIKE_DB_APP`, `ZHIKE_DB_WORKER`, `ZHIKE_DB_SEALER`,
`ZHIKE_DB_LOADER` and `ZHIKE_DB_OWNER` are PostgreSQL URLs; a unix socket is written as
`postgresql://user:secret@/name?host=/run/zhike&port=5432`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from zhike.run.words import said

ALIASES = {
    "default": "ZHIKE_DB_APP",
    "owner": "ZHIKE_DB_OWNER",
    "loader": "ZHIKE_DB_LOADER",
}
"""Django's connection alias → environment variable. `default` is the acting process's own role."""


class AddressError(ValueError):
    """The address is not a PostgreSQL URL we can use; the text says what to write instead."""


def database(url: str) -> dict[str, Any]:
    """Django's settings for one PostgreSQL URL. Raises AddressError."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise AddressError(said("The database address must begin with postgresql://"))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise AddressError(
            said("The database address names no database: postgresql://user:secret@host:port/NAME")
        )
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(query.pop("port", None) or parts.port or ""),
        "OPTIONS": query,
    }


def databases(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Every alias whose address is set; `default` falls back to the worker's, sealer's or owner's."""
    found = {alias: database(environ[name]) for alias, name in ALIASES.items() if environ.get(name)}
    if "default" not in found:
        for name in ("ZHIKE_DB_WORKER", "ZHIKE_DB_SEALER", "ZHIKE_DB_AUDITOR", "ZHIKE_DB_OWNER"):
            if environ.get(name):
                found["default"] = database(environ[name])
                break
    return found
