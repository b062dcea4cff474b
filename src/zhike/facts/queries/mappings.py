"""The mappings of this bank: one file per source system, in the folder of mappings."""

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
    return [_read(path) for path in sorted(Path(settings.MAPPINGS).glob("*.toml"))]


def offered_first() -> list[Available]:
    """Every mapping file, those that loaded something last before the others."""
    loaded = ImportBatch.objects.filter(state=BatchState.LOADED).values("mapping")
    last = dict(loaded.annotate(last=Max("load_no")).values_list("mapping", "last"))
    return sorted(available(), key=lambda one: (-last.get(one.name, 0), one.name))


def mapping_of(name: str) -> Available:
    """The mapping of a name. Raises LookupError for a name that is not in the folder."""
    found = next((one for one in available() if one.name == name), None)
    if found is None:
        raise LookupError(name)
    return found


def titles() -> dict[str, str]:
    """What each mapping calls its source system, by name; read lightly, for lists."""
    return {path.stem: _title(path) for path in sorted(Path(settings.MAPPINGS).glob("*.toml"))}


def title_of(name: str) -> str:
    """What a mapping calls its source system; the bare name once the file is gone."""
    return titles().get(name, name)


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
