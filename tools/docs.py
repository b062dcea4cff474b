"""The written pages: every link and picture leads somewhere, every command they name exists.

python tools/docs.py    list what does not; exit status 1 if anything
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from zhike.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<img[^>]+src=\"([^\"]+)\"")
COMMAND = re.compile(r"`(?:\$ )?(make|zhike) ([a-z]+)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def faults_of(page: Path) -> Iterator[str]:
    """Links to nowhere and commands that do not exist."""
    text = page.read_text(encoding="utf-8")
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
    for program, word in COMMAND.findall(text):
        if word not in (targets() if program == "make" else COMMANDS):
            yield f"{program} {word} does not exist"


def anchors(text: str) -> set[str]:
    """Headings as readers' programs make anchors of them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(FENCED.sub("", text)))
    return {heading.replace(" ", "-") for heading in plain}


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):(?!=)", makefile, re.MULTILINE))


def main() -> int:
    found = [f"{page.relative_to(ROOT)}: {fault}" for page in pages() for fault in faults_of(page)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
