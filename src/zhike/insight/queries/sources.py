"""What the portrait is made of beside the facts: other rooms say which fields they add, and where those lie.

A room above registers its source in the wiring; so it need not be known here. What a source says is as of its own
day, which the portrait keeps and its page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.utils.functional import Promise

from zhike.analytics import portrait
from zhike.analytics.portrait import Field


@dataclass(frozen=True, slots=True)
class Provided:
    """What a source has to say now: Parquet files, of which day they speak, and of which state they are (a label that
    the page shows as it is, such as a period)."""

    paths: tuple[Path, ...] = ()
    as_of: date | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """What a field is called, what it means, and the words of its codes."""

    label: str | Promise
    meaning: str | Promise
    choices: Mapping[str, str | Promise] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A room's fields, with their words. `state` names what they rest on now: another answer makes the portrait
    outdated. `provide` writes them into files, at the place it is given, as of a day."""

    code: str
    label: str | Promise
    fields: tuple[Field, ...]
    words: Mapping[str, FieldWords]
    state: Callable[[], str]
    provide: Callable[[Path, date], Provided]


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Add a room's fields to the portrait; a code registered again replaces what it had.

    Raises ValueError where a field has a name that is taken.
    """
    kept = {**_sources, source.code: source}
    portrait.catalogue(portrait.Source(each.code, each.fields) for each in kept.values())
    _sources[source.code] = source


def registered() -> tuple[Source, ...]:
    """The sources in the order of their registration."""
    return tuple(_sources.values())


def fields() -> Mapping[str, Field]:
    """Every field of the portrait by its code: those of the facts, then those of the sources."""
    return portrait.catalogue(portrait.Source(each.code, each.fields) for each in registered())
