"""One table of a mapping file, read key by key, so that every refusal can name its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from zhike.facts.intake.refusals import MappingFault, MappingRefused

T = TypeVar("T")
_MISSING: Any = object()


class Section:
    """A table of the mapping at a dotted key. Keys are taken one by one; `finish` refuses the rest."""

    def __init__(self, file: str, key: str, table: object) -> None:
        self.file = file
        self.key = key
        if not isinstance(table, Mapping):
            raise self.refusal(MappingFault.WRONG_KIND, wanted="table")
        self._left: dict[str, object] = dict(table)

    def refusal(self, code: MappingFault, key: str = "", **params: object) -> MappingRefused:
        """The refusal to raise, at this section or at a key in it."""
        return MappingRefused(code, file=self.file, key=self._join(key), **params)

    def below(self, key: str, table: object = None) -> Section:
        """The section one key down."""
        return Section(self.file, self._join(key), {} if table is None else table)

    def take(self, key: str, kind: type[T], default: T = _MISSING) -> T:
        """The value at `key`, which must be of `kind`. Without a default it must be there."""
        if key not in self._left:
            if default is _MISSING:
                raise self.refusal(MappingFault.MISSING_KEY, key)
            return default
        value = self._left.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.refusal(MappingFault.WRONG_KIND, key, wanted=kind.__name__)
        return value

    def take_any(self, key: str, default: object = _MISSING) -> object:
        """The value at `key`, of any kind."""
        return self.take(key, object, default)

    def take_choice(self, key: str, allowed: tuple[str, ...], default: str = _MISSING) -> str:
        """A text of a closed set."""
        value = self.take(key, str, default)
        if value not in allowed:
            raise self.refusal(MappingFault.NOT_ALLOWED, key, value=value, allowed=allowed)
        return value

    def take_texts(self, key: str, default: tuple[str, ...] = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        value = self.take(key, list, list(default) if default is not _MISSING else _MISSING)
        if not all(isinstance(text, str) for text in value):
            raise self.refusal(MappingFault.WRONG_KIND, key, wanted="list of texts")
        return tuple(value)

    def take_tables(self, key: str) -> list[Section]:
        """A list of tables; none if the key is absent."""
        found = self.take(key, list, [])
        return [self.below(f"{key}[{number}]", table) for number, table in enumerate(found, 1)]

    def take_named(self, key: str) -> dict[str, Section]:
        """A table of tables by name; none if the key is absent."""
        found = self.take(key, dict, {})
        return {name: self.below(f"{key}.{name}", table) for name, table in found.items()}

    @property
    def left(self) -> tuple[str, ...]:
        """The keys not taken yet."""
        return tuple(self._left)

    def finish(self) -> None:
        """Refuse a key that nobody took: a misspelt key must not pass in silence."""
        for key in self._left:
            raise self.refusal(MappingFault.UNKNOWN_KEY, key)

    def _join(self, key: str) -> str:
        return f"{self.key}.{key}" if self.key and key else self.key or key
