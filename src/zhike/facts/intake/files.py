"""Finding the files of a source in a folder."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from zhike.facts.intake.mapping import Source
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused


def find_files(source: Source, folder: Path) -> list[Path]:
    """The files of a source, by name. Letter case is ignored; links and folders are not followed.

    Raises ExtractRefused when there is none and the source is not optional, or more than one and it is
    not `several`.
    """
    patterns = [pattern.lower() for pattern in source.files]
    found = sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.is_symlink()
        and any(fnmatchcase(path.name.lower(), pattern) for pattern in patterns)
    )
    if not found and not source.optional:
        raise ExtractRefused(ExtractFault.NO_SUCH_FILE, file=" | ".join(source.files), source=source.name)
    if len(found) > 1 and not source.several:
        names = tuple(path.name for path in found)
        raise ExtractRefused(ExtractFault.SEVERAL_FILES, file=names[1], source=source.name, found=names)
    return found
