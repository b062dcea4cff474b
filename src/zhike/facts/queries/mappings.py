"""The mappings of this bank: one file per source system, in the folder of mappings, and the product's own."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from zhike.facts.enums import BatchState
from zhike.facts.intake.mapping import Mapping, load_mapping
from zhike.facts.intake.refusals import MappingRefused
from zhike.facts.models import ImportBatch

OWN = Path(__file__).parent.parent / "mappings"
"""Mappings of the product's own; a file of the same name in the bank's folder stands before one of them."""
EVENTS = OWN / "events.toml"
"""Events of outside systems, as files or as programs push them."""


@dataclass(frozen=True, slots=True)
class Available:
    """One mapping file: its name, and what it says or why it cannot be used."""

    name: str
    path: Path
    mapping: Mapping | None
    refusal: MappingRefused | None = None

    @property
    def title(self) -> str:
        return self.mapping.title if self.mapping else self.name

    @property
    def files(self) -> list[tuple[str, bool]]:
        """The names its files may have, and whether they may be absent; each once."""
        sources = self.mapping.sources.values() if self.mapping else ()
        return list({" | ".join(source.files): source.optional for source in sources}.items())


def available() -> list[Available]:
    """Every mapping file, the unusable ones included, by name."""
    return [_read(path) for path in _paths().values()]


def offered_first() -> list[Available]:
    """Every mapping file, those that loaded something last before the others, the product's own behind the bank's."""
    loaded = ImportBatch.objects.filter(state=BatchState.LOADED).values("mapping")
    last = dict(loaded.annotate(last=Max("load_no")).values_list("mapping", "last"))
    return sorted(available(), key=lambda one: (-last.get(one.name, 0), one.path.parent == OWN, one.name))


def mapping_of(name: str) -> Available:
    """The mapping of a name. Raises LookupError for a name that is not in the folder."""
    found = next((one for one in available() if one.name == name), None)
    if found is None:
        raise LookupError(name)
    return found


def titles() -> dict[str, str]:
    """What each mapping calls its source system, by name; read lightly, for lists."""
    return {name: _title(path) for name, path in _paths().items()}


def path_of(name: str) -> Path | None:
    """The file of a mapping, whether or not it can be used; None where there is none of that name."""
    return _paths().get(name)


def title_of(name: str) -> str:
    """What a mapping calls its source system; the bare name once the file is gone."""
    return titles().get(name, name)


def _paths() -> dict[str, Path]:
    """By name."""
    found = {path.stem: path for folder in (OWN, Path(settings.MAPPINGS)) for path in folder.glob("*.toml")}
    return dict(sorted(found.items()))


def _title(path: Path) -> str:
    try:
        return str(tomllib.loads(path.read_text("utf-8"))["mapping"]["title"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError):
        return path.stem


def _read(path: Path) -> Available:
    try:
        return Available(path.stem, path, load_mapping(path))
    except MappingRefused as refusal:
        return Available(path.stem, path, None, refusal)
