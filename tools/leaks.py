"""What must never be committed: secrets, paths of one machine, hosts of package registries.

python tools/leaks.py              list what is found in git's files; exit status 1 if anything is
python tools/leaks.py --messages   the same for the messages of all commits
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZE_MAX = 2 * 2**20
FINDS = {
    # Written in parts, so that this file does not find itself.
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE" + r" KEY-----"),
    "an access key": re.compile(r"\b(?:AKIA|ghp_|glpat-|sk_live_)[A-Za-z0-9]{16,}"),
    "a password in an address": re.compile(r"postgres(?:ql)?://[^\s:@/{}]+:[^\s:@/{}<]{20,}@"),
    "a path of one machine": re.compile(r"(?<![\w.$}])/(?:root|work|home/[a-z]\w*|Users/\w+)/"),
    "a folder beside the repository": re.compile(r"\.\./shar" + r"ed\b"),
    "a registry's host": re.compile(r"(?:pypi|files\.pythonhosted|registry\.(?:npmjs|yarnpkg))\.(?:org|com)"),
}


def finds_in_text(text: str) -> Iterator[str]:
    """What a text holds that it must not, one line each."""
    for number, line in enumerate(text.splitlines(), start=1):
        for what, pattern in FINDS.items():
            if pattern.search(line):
                yield f"line {number}: {what}"


def finds_in(path: Path) -> Iterator[str]:
    """What a file holds that it must not, one line each."""
    content = path.read_bytes()
    if len(content) > SIZE_MAX:
        yield "a file too large for git"
    if b"\0" not in content:
        yield from finds_in_text(content.decode(errors="replace"))


def in_files() -> Iterator[str]:
    for name in _git("ls-files", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            yield from (f"{name}: {what}" for what in finds_in(ROOT / name))


def in_messages() -> Iterator[str]:
    for commit in _git("log", "-z", "--format=%h %B").split("\0"):
        number, _space, message = commit.partition(" ")
        yield from (f"commit {number}: {what}" for what in finds_in_text(message))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout.decode()


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--messages"]):
        print(__doc__)
        return 2
    found = list(in_messages() if arguments else in_files())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
