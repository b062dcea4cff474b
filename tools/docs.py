"""The written pages: every link and picture leads somewhere, every command and file they name exists.

python tools/docs.py    list what does not; exit status 1 if anything
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from zhike.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<img[^>]+src=\"([^\"]+)\"")
WORDS = r"(?:\$ )?(?:\.venv/bin/)?(make|zhike) ([a-z]+)(?: ([a-z][a-z-]*))?"
COMMAND = re.compile("`" + WORDS)
COMMAND_LINE = re.compile("^" + WORDS, re.MULTILINE)
FILE = re.compile(r"`((?:src|docs|tests|tools|bench|mappings|\.ci)/[\w./-]*|[A-Z][A-Za-z]*\.(?:md|csv))`")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def faults_of(page: Path) -> Iterator[str]:
    """Links to nowhere, and commands and files that do not exist."""
    text = COMMENT.sub("", page.read_text(encoding="utf-8"))
    for match in LINK.finditer(FENCED.sub("", text)):
        target = match[1] or match[2]
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        aim = (page.parent / file).resolve() if file else page
        if not aim.exists():
            yield f"{target} leads nowhere"
        elif anchor and aim.suffix == ".md" and anchor not in anchors(aim.read_text(encoding="utf-8")):
            yield f"{target}: no such heading"
    fenced = "\n".join(FENCED.findall(text))
    for program, word, next_word in [*COMMAND.findall(text), *COMMAND_LINE.findall(fenced)]:
        if word not in (targets() if program == "make" else COMMANDS):
            yield f"{program} {word} does not exist"
        elif program == "zhike" and next_word and (known := subcommands(word)) and next_word not in known:
            yield f"zhike {word} {next_word} does not exist"
    for name in FILE.findall(text):
        if not (ROOT / name).exists() and not (page.parent / name).exists():
            yield f"{name} does not exist"


def anchors(text: str) -> set[str]:
    """Headings as readers' programs make anchors of them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(FENCED.sub("", text)))
    return {heading.replace(" ", "-") for heading in plain}


def subcommands(word: str) -> set[str]:
    """What may follow a command of ours that is a group of commands; empty for one that is not."""
    return set(getattr(import_module(COMMANDS[word]).command, "commands", ()))


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):(?!=)", makefile, re.MULTILINE))


def main() -> int:
    found = [f"{page.relative_to(ROOT)}: {fault}" for page in pages() for fault in faults_of(page)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
