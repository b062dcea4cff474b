"""Every address of the product, from the URL resolver; and the rights that open each, from routes.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# What stands in for each kind of part of an address where nothing particular is asked for.
ABSENT = {
    "int": 999_999_999,
    "str": "NOTHING",
    "slug": "nothing",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "nothing",
}


@dataclass(frozen=True)
class Route:
    """One address: its name with namespaces, its view, and its parts with the kind of each."""

    name: str
    pattern: str
    view: Callable[..., Any]
    parts: tuple[tuple[str, str], ...]

    @property
    def permissions(self) -> tuple[str, ...] | None:
        """The rights that open it, any of them; () is open to all, None is a bare view."""
        return getattr(self.view, "permissions", None)

    @property
    def is_api(self) -> bool:
        return self.name.startswith("rest:v")

    def path(self, number: int | None = None) -> str:
        """An address of this route; `number` takes the place of every number in it."""
        path = self.pattern
        for part, kind in self.parts:
            value = number if number is not None and kind == "int" else ABSENT[kind]
            path = path.replace(f"<{kind}:{part}>", str(value)).replace(f"<{part}>", str(value))
        return f"/{path}"


def routes(urlconf: str | None = None) -> list[Route]:
    return list(_walk(get_resolver(urlconf).url_patterns, "", ""))


def rights_by_hand() -> dict[str, tuple[str, ...]]:
    """Address → rights, any of which opens it; () needs no sign-in."""
    text = (Path(__file__).parent / "routes.toml").read_text(encoding="utf-8")
    lines = [line for room in tomllib.loads(text).values() for line in room.items()]
    return {name: () if rights == "anybody" else tuple(rights.split(" | ")) for name, rights in lines}


def _walk(patterns: list[URLPattern | URLResolver], before: str, names: str) -> Iterator[Route]:
    for entry in patterns:
        here = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(
                entry.url_patterns, here, f"{names}{entry.namespace}:" if entry.namespace else names
            )
        else:
            parts = tuple((name, _kind(one)) for name, one in entry.pattern.converters.items())
            yield Route(f"{names}{entry.name}", here, entry.callback, parts)


def _kind(converter: Any) -> str:
    name = type(converter).__name__.removesuffix("Converter").lower()
    return "str" if name == "string" else name
