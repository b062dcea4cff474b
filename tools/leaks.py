"""What must never be committed: secrets, paths of one machine, hosts of package registries.

python tools/leaks.py    list what is found in git's files; exit status 1 if anything is
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
    "a registry's host": re.compile(r"(?:pypi|files\.pythonhosted|registry\.(?:npmjs|yarnpkg))\.(?:org|com)"),
    "a file too large for git": None,
}


def finds_in(path: Path) -> Iterator[str]:
    """What a file holds that it must not, one line each."""
    content = path.read_bytes()
    if len(content) > SIZE_MAX:
        yield "a file too large for git"
    if b"\0" in content:
        return
    for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
        for what, pattern in FINDS.items():
            if pattern and pattern.search(line):
                yield f"line {number}: {what}"


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = [name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]
    found = [f"{name}: {what}" for name in names for what in finds_in(ROOT / name)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
