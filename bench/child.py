"""The process a piece of work is measured in: `python -m bench.child ORDER ANSWER`, two pickled files.

The environment names the installation and the database roles; the answer comes with the peak memory.
"""

from __future__ import annotations

import importlib
import pickle
import resource
import sys
from pathlib import Path

KIB = 1024


def main(order: Path, answer: Path) -> None:
    module, name, values = pickle.loads(order.read_bytes())
    import django

    django.setup()
    value = getattr(importlib.import_module(module), name)(*values)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIB
    answer.write_bytes(pickle.dumps((value, highest_resident(), children)))


def highest_resident() -> int:
    """The kernel's high-water mark of this process alone; getrusage would inherit the parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * KIB
    raise LookupError("VmHWM")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
