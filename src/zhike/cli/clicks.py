"""What click says by itself: its sentences for our catalogues, their language, and how wide they stand.

Click asks the standard library's gettext for its words. It is shown our catalogues, in which these sentences stand.
"""

from __future__ import annotations

import gettext
import io
import os
import sys
from collections.abc import Iterable
from importlib.resources import files

import click

from zhike.cli.layout import columns, wrapped
from zhike.run.words import DOMAIN, LOCALES, marked, marked_counts, operators_language

SENTENCES = (
    marked("Usage:"),
    marked("Options"),
    marked("Commands"),
    marked("Positional arguments"),
    marked("default: {default}"),
    marked("required"),
    marked("file"),
    marked("directory"),
    marked("path"),
    marked("Show this message and exit."),
    marked("Aborted!"),
    marked("Error: {message}"),
    marked("Try '{command} {option}' for help."),
    marked("Invalid value: {message}"),
    marked("Invalid value for {param_hint}: {message}"),
    marked("Missing command."),
    marked("Missing argument"),
    marked("Missing option"),
    marked("Choose from:\n\t{choices}"),
    marked("No such option {name!r}."),
    marked("No such command {name!r}."),
    marked("Option {name!r} does not take a value."),
    marked("{value!r} is not a valid {number_type}."),
    marked("{value} is not in the range {range}."),
    marked("{name} {filename!r} does not exist."),
    marked("{name} {filename!r} is a file."),
    marked("{name} {filename!r} is a directory."),
    marked("{name} {filename!r} is not readable."),
    marked("{name} {filename!r} is not writable."),
)
COUNTED_SENTENCES = (
    marked_counts("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    marked_counts("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    marked_counts("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    marked_counts("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    marked_counts(
        "{value!r} does not match the format {format}.", "{value!r} does not match the formats {formats}."
    ),
)


class WideFormatter(click.HelpFormatter):
    """Click's layout of --help, with lines broken by the columns they take, and between Chinese characters."""

    def write_text(self, text: str) -> None:
        super().write_text(_laid(text, self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        first = min(max(columns(term) for term, _ in rows), col_max) + col_spacing
        room = max(self.width - first - 2, 10)
        super().write_dl([(term, _laid(text, room)) for term, text in rows], col_max, col_spacing)


def _laid(text: str, width: int) -> str:
    """Paragraphs that click leaves as they are, by its mark for such."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join("\n".join(["\b", *wrapped(part, width)]) for part in paragraphs if part)


def speak_the_operators_language() -> None:
    """Let click find our catalogues, and lay out by columns. No system's locale names a language by its script."""
    os.environ["LANGUAGE"] = LOCALES[operators_language(os.environ)]
    gettext.bindtextdomain(DOMAIN, str(files("zhike") / "cli" / "locale"))
    gettext.textdomain(DOMAIN)
    click.Context.formatter_class = WideFormatter
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that a terminal lacks ends no command
            stream.reconfigure(errors="backslashreplace")
