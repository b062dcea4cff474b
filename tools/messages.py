"""The three catalogues, without GNU gettext: extract, check, compile.

    python tools/messages.py extract   bring every room's catalogues in line with its sources
    python tools/messages.py prune     the same, and forget messages that no source uses any more
    python tools/messages.py check     list what is missing or wrong; exit status 1 if anything is
    python tools/messages.py compile   write the .mo files that Django reads

Message ids are English. `en` is filled by itself: without it Django would answer English readers in the
default language, which is Chinese.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

SOURCES = Path(__file__).resolve().parent.parent / "src" / "zhike"
LOCALES = ("zh_Hans", "zh_Hant", "en")
SOURCE_LOCALE = "en"
TRANSLATOR_TAG = "Translators:"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "said": None,
    "counted": (1, 2),
    "marked": None,
    "marked_counts": (1, 2),
}
STATEMENT = re.compile(r"^-- \w+: (.+)$", re.MULTILINE)
"""A statement in SQL that is asked of the data, with the sentence it proves."""
PLACEHOLDER = re.compile(r"%\(\w+\)[sdfir]|%[sdfir]|%%|\{\w*(?:![rs])?\}")
IDEOGRAPH = re.compile("[\u3400-\u9fff]")
# A character set in which the other script's own forms do not exist.
SCRIPT_OF_LOCALE = {"zh_Hans": "gb2312", "zh_Hant": "big5"}


def rooms() -> list[Path]:
    """Every room with at least one message, by name."""
    folders = sorted(path for path in SOURCES.iterdir() if (path / "__init__.py").exists())
    return [room for room in folders if len(messages_of(room))]


def messages_of(room: Path) -> Catalog:
    """What the sources of a room say now."""
    found = Catalog()
    for path in sorted(room.rglob("*.py")):
        if "migrations" not in path.parts:
            _add(found, path.read_text(encoding="utf-8"))
    for path in sorted(room.rglob("templates/**/*.*")):
        if path.is_file():
            _add(found, _template_as_python(path))
    for path in sorted(room.glob("*.sql")):
        for sentence in STATEMENT.findall(path.read_text(encoding="utf-8")):
            found.add(sentence)
    return found


def catalogue_path(room: Path, locale: str) -> Path:
    return room / "locale" / locale / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path, locale: str) -> Catalog:
    """The stored catalogue, or an empty one."""
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def update_room(room: Path, *, keep_obsolete: bool) -> list[Path]:
    """Write a room's three catalogues; translations stay, new ones come in empty. Returns files changed."""
    changed = []
    template = messages_of(room)
    for locale in LOCALES:
        path = catalogue_path(room, locale)
        catalogue = read_catalogue(path, locale)
        catalogue.update(template, no_fuzzy_matching=True)
        if locale == SOURCE_LOCALE:
            _fill_with_ids(catalogue)
        if locale == SOURCE_LOCALE or not keep_obsolete:
            catalogue.obsolete.clear()
        text = as_text(catalogue, locale)
        if not path.exists() or path.read_bytes() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            changed.append(path)
    return changed


def as_text(catalogue: Catalog, locale: str) -> bytes:
    """The catalogue as a .po file that depends on nothing but its messages: no dates, no line numbers."""
    plural = get_plural(locale)
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {locale}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};\\n"\n\n'
    )
    body = BytesIO()
    write_po(body, catalogue, width=0, no_location=True, omit_header=True, sort_output=True)
    return header.encode() + body.getvalue().strip() + b"\n"


def faults_of(room: Path) -> Iterator[str]:
    """One line for each message that is missing, unfinished, unused or whose placeholders differ."""
    template = messages_of(room)
    used = {_key(message) for message in template if message.id}
    for locale in LOCALES:
        path = catalogue_path(room, locale)
        catalogue = read_catalogue(path, locale)
        known = {_key(message): message for message in catalogue if message.id}
        where = f"{room.name}/{locale}"
        for key in sorted(used - known.keys()):
            yield f"{where}: not extracted yet: {key[1]!r}"
        unused = [key[1] for key in known.keys() - used]
        unused += [_first(message.id) for message in catalogue.obsolete.values()]
        for text in sorted(unused):
            yield f"{where}: no longer used: {text!r}"
        for key in sorted(used & known.keys()):
            yield from (f"{where}: {fault}: {key[1]!r}" for fault in _faults(known[key], locale))


def disagreements(catalogues: dict[str, Catalog], locale: str) -> Iterator[str]:
    """One line for each message that two rooms translate differently: Django merges the rooms' catalogues, so
    one of them would be shown in both. Such a message needs a context (pgettext)."""
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for room, catalogue in catalogues.items():
        for message in catalogue:
            if message.id and message.string:
                said.setdefault(_key(message), {}).setdefault(_first(message.string), []).append(room)
    for (context, text), words in sorted(said.items()):
        if len(words) > 1:
            sides = "; ".join(f"{'+'.join(rooms)} {word!r}" for word, rooms in words.items())
            yield f"{locale}: rooms disagree on {context and context + '|'}{text!r}: {sides}"


def disagreements_of(found: list[Path]) -> Iterator[str]:
    """The disagreements of these rooms in every language."""
    for locale in LOCALES:
        known = {room.name: read_catalogue(catalogue_path(room, locale), locale) for room in found}
        yield from disagreements(known, locale)


def compile_room(room: Path) -> int:
    """Write the .mo files that are older than their .po. Returns how many."""
    written = 0
    for locale in LOCALES:
        source = catalogue_path(room, locale)
        target = source.with_suffix(".mo")
        if not source.exists():
            continue
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with target.open("wb") as file:
            write_mo(file, read_catalogue(source, locale))
        written += 1
    return written


def _add(catalogue: Catalog, source: str) -> None:
    found = extract(
        "python",
        BytesIO(source.encode()),
        keywords=KEYWORDS,
        comment_tags=[TRANSLATOR_TAG],
        options={"encoding": "utf-8"},
    )
    for _, message, comments, context in found:
        catalogue.add(message, auto_comments=comments, context=context)


def _template_as_python(path: Path) -> str:
    """Django's own reading of a template: calls of gettext with everything else blanked out."""
    calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    # What is left of the page's indentation would not parse.
    return "\n".join(line.lstrip() for line in calls.splitlines())


def _fill_with_ids(catalogue: Catalog) -> None:
    for message in catalogue:
        if message.id:
            message.string = message.id
            message.flags.discard("fuzzy")


def _faults(message: Message, locale: str) -> Iterator[str]:
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    if not all(forms):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked fuzzy"
    ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    allowed = {frozenset(_placeholders(text)) for text in ids}
    for form in forms:
        if frozenset(_placeholders(form)) not in allowed:
            yield f"placeholders differ in {form!r}"
        if strangers := _strangers(form, locale):
            yield f"{strangers} is not written so in {locale}"


def _placeholders(text: str) -> list[str]:
    return [found for found in PLACEHOLDER.findall(text) if found != "%%"]


def _strangers(text: str, locale: str) -> str:
    """The ideographs of the other script: each language has its own wording and its own characters."""
    charset = SCRIPT_OF_LOCALE.get(locale)
    if charset is None:
        return ""
    return "".join(char for char in IDEOGRAPH.findall(text) if not _fits(char, charset))


def _fits(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _key(message: Message) -> tuple[str, str]:
    return (message.context or "", _first(message.id))


def _first(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def main(arguments: list[str]) -> int:
    settings.configure()  # templatize asks for a default charset, nothing else
    match arguments:
        case ["extract" | "prune" as command]:
            for room in rooms():
                for path in update_room(room, keep_obsolete=command == "extract"):
                    print(path.relative_to(SOURCES.parent.parent))
            return 0
        case ["check"]:
            found = rooms()
            faults = [fault for room in found for fault in faults_of(room)]
            faults += disagreements_of(found)
            print(*faults, sep="\n", end="\n" if faults else "")
            print(f"{len(faults)} faults in the catalogues" if faults else "The catalogues are complete.")
            return 1 if faults else 0
        case ["compile"]:
            written = sum(map(compile_room, sorted(path for path in SOURCES.iterdir() if path.is_dir())))
            if written:
                print(f"{written} catalogues compiled")
            return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
