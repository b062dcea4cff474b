"""Conditions of the mapping language (`where`, `when`, `negative_when`) as SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from zhike.facts.intake import quoting
from zhike.facts.intake.refusals import MappingFault
from zhike.facts.intake.section import Section

Column = Callable[[Section, str], str]
"""Turns a reference of the mapping into SQL, or refuses the mapping."""


def condition(section: Section, raw: object, column: Column) -> str:
    """SQL of a condition table: all its entries must hold. Never null: an absent value is not equal."""
    if not isinstance(raw, Mapping) or not raw:
        raise section.refusal(MappingFault.WRONG_KIND, wanted="condition")
    return " AND ".join(
        f"({_entry(section.below(reference), wanted, column(section, reference))})"
        for reference, wanted in raw.items()
    )


def _entry(section: Section, wanted: object, sql: str) -> str:
    match wanted:
        case str():
            return _one_of(sql, [wanted])
        case list() if wanted and all(isinstance(text, str) for text in wanted):
            return _one_of(sql, wanted)
        case {"starts": str(start), **rest} if not rest:
            return f"coalesce(starts_with({sql}, {quoting.literal(start)}), false)"
        case {"present": bool(present), **rest} if not rest:
            return f"{sql} IS {'NOT ' if present else ''}NULL"
        case {"not": list(texts), **rest} if not rest and all(isinstance(text, str) for text in texts):
            return f"coalesce({sql} NOT IN ({quoting.literals(texts)}), false)"
        case _:
            raise section.refusal(MappingFault.WRONG_KIND, wanted="text, list, starts, present or not")


def _one_of(sql: str, texts: list[str]) -> str:
    present = [text for text in texts if text]
    tests = [f"coalesce({sql} IN ({quoting.literals(present)}), false)"] if present else []
    if len(present) < len(texts):
        tests.append(f"{sql} IS NULL")
    return " OR ".join(tests)
