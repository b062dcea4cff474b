"""Run one claim or all, each in a process of its own; the exit status says whether every target held."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

MODULES = {
    "evaluate": "bench.evaluate",
    "publish": "bench.publish",
    "whatif": "bench.what_if",
    "growth": "bench.growth",
    "pandas": "bench.beside_pandas",
    "spark": "bench.spark",
    "import": "bench.imports",
    "pages": "bench.pages",
    "clv": "bench.clv",
    "segment": "bench.segment",
}
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(MODULES), help="one claim; without it, all")
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    wanted = parser.parse_args()
    if wanted.list:
        print(*MODULES, sep="\n")
        return 0
    names = [wanted.name] if wanted.name else list(MODULES)
    return max(_run(name, wanted.size) for name in names)


def _run(name: str, size: str) -> int:
    command = [sys.executable, "-m", MODULES[name], "--size", size]
    return int(subprocess.run(command, cwd=ROOT, check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
