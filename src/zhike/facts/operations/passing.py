"""Files that are needed only while they are worked on. What a killed process leaves is swept at night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from zhike.facts.queries.lake import full_path


@contextmanager
def passing(folder: str, kind: str) -> Iterator[Path]:
    """A file in a folder of the lake, of a name nobody else has; afterwards it is gone, and whatever lies beside it
    under its name. Whoever uses a kind has it swept: `sweep_too(f"{folder}/{kind}-*")`."""
    path = full_path(f"{folder}/{kind}-{uuid4().hex}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        for file in path.parent.glob(f"{path.stem}*"):
            file.unlink(missing_ok=True)


def beside(path: Path, name: str) -> Path:
    """Another file under a passing name, gone with it."""
    return path.with_name(f"{path.stem}-{name}.parquet")
