"""Made-up data on the disk, kept between runs: a folder per generator version and size.

ZHIKE_BENCH_CACHE names the folder of all; by default it lies under the system's temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent / "src" / "zhike"


def cache() -> Path:
    """The folder of all data sets. The database's user may pass through it."""
    folder = Path(os.environ.get("ZHIKE_BENCH_CACHE") or Path(tempfile.gettempdir()) / "zhike-bench")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    return folder.resolve()


def kept(name: str, version: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of this version, made now if it is not there. A killed making leaves none."""
    folder = cache() / f"{name}-{version}"
    if folder.exists():
        return folder
    partial = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache()))
    partial.chmod(0o711)
    try:
        make(partial)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def version_of(*places: Path) -> str:
    """A short number for the files at these places: it changes when one of them does."""
    whole = hashlib.sha256()
    for path in sorted(_files(places)):
        whole.update(path.relative_to(HERE.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:12]


def _files(places: Iterable[Path]) -> Iterable[Path]:
    for place in places:
        if place.is_file():
            yield place
        else:
            yield from (path for path in place.rglob("*") if path.suffix in {".py", ".sql"})
