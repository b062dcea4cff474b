"""The lock files: every package at one version with its hashes, for all systems, naming no registry.

python tools/locks.py write    resolve pyproject.toml anew, changing as little as possible
python tools/locks.py check    exit status 1 if pyproject.toml has changed since; needs no network
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = "# locks the dependencies with digest "
LOCKS = {
    # Spark weighs half a gigabyte and wants Java: it stands apart, installed only where it is tested.
    "requirements.lock": ("main", "dev"),
    "requirements-spark.lock": ("spark",),
}


def wanted(lock: str) -> list[str]:
    """The requirements of pyproject.toml that a lock file stands for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"main": project["dependencies"], **project["optional-dependencies"]}
    return sorted(line for group in LOCKS[lock] for line in groups[group])


def mark(lock: str) -> str:
    digest = hashlib.sha256(json.dumps(wanted(lock)).encode()).hexdigest()
    return f"{MARK}{digest[:16]}\n"


def write(lock: str) -> None:
    """Resolve anew; versions already locked stay where they still fit."""
    path = ROOT / lock
    first = next(iter(LOCKS))  # what both need stands in both, at one version
    beside = [] if lock == first else ["--constraint", str(ROOT / first)]
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--python-version", "3.11",
         "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--quiet",
         "--output-file", str(path), *beside],
        input="\n".join(wanted(lock)),
        text=True,
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    path.write_text(mark(lock) + path.read_text(encoding="utf-8"), encoding="utf-8")


def stale() -> list[str]:
    """Lock files that stand for other requirements than pyproject.toml has now."""
    return [
        lock
        for lock in LOCKS
        if not (ROOT / lock).exists() or not (ROOT / lock).read_text(encoding="utf-8").startswith(mark(lock))
    ]


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            for lock in LOCKS:
                write(lock)
            return 0
        case ["check"]:
            for lock in stale():
                print(f"{lock} is behind pyproject.toml: run make lock")
            return 1 if stale() else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
