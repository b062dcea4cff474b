"""Sentences of the system's own that are kept: a code with what it names, read in whoever's language reads them.

What a person writes is kept as written. Beside a text there is a column of names: without names (None) the text
is a person's; with names, be they none (`{}`), it is the code of a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from zhike.core.labels import Register, label, words

Names = Mapping[str, Any]
"""What a sentence names: texts, numbers, and codes with words of their own as {register: code or codes}."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that the system says. As a text it is in the language in force at that moment."""

    code: str
    names: Names = field(default_factory=dict)

    def __str__(self) -> str:
        spoken = _Spoken({name: _spoken(value) for name, value in self.names.items()})
        try:
            return str(words(Register.SENTENCE, self.code) % spoken)
        except (TypeError, ValueError):  # a count that is none: no old row may break the page that lists it
            return self.code


def kept(said: str | Sentence) -> tuple[str, dict[str, Any] | None]:
    """What the columns of text and of names hold of it."""
    return (said.code, dict(said.names)) if isinstance(said, Sentence) else (said, None)


def said(text: str, names: Names | None) -> str | Sentence:
    """What the two columns say: a person's text, or a sentence. Nothing is no sentence."""
    return text if names is None or not text else Sentence(text, names)


class _Spoken(dict[str, Any]):
    """A name that a later wording asks for and an old row does not have breaks no page: old rows are never mended."""

    def __missing__(self, name: str) -> str:
        return "--"


def _spoken(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((register, codes),) = value.items()
    listed = [codes] if isinstance(codes, str) else codes
    return _("; ").join(_worded(register, code) for code in listed)


def _worded(register: str, code: str) -> str:
    try:
        return label(Register(register), code)
    except ValueError:  # of a release that had other registers
        return code
