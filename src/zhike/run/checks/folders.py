"""The two folders: closed to others, and apart."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from zhike.run.checks.findings import Check, Finding, Level
from zhike.run.home import Home, HomeUnusable, home_mode, is_root
from zhike.run.words import said


def check_folders(home: Home) -> Iterator[Finding]:
    """Modes, places and owners of the folders. Reads nothing but their metadata."""
    yield _is_closed(home.root, code="home_closed", allowed=home_mode())
    yield _is_closed(home.keys, code="keys_closed", allowed=0o700)
    yield _keys_are_closed(home)
    yield from _are_apart(home)
    yield Check(
        "not_root",
        claim=said("The processes do not run as root."),
        otherwise=said("The processes run as root; a fault in one would reach the whole machine."),
        advice=said(
            "Create a user for Zhike (useradd --system --create-home zhike) and run it as that user."
        ),
        fails=Level.WARNING,
    ).judge(not is_root())


def demand_closed_keys(home: Home) -> None:
    """Refuse to start on keys or passwords that others may read. Raises HomeUnusable with the files and the cure.

    They are not closed in silence: whoever finds them open must ask who has read them.
    """
    finding = _keys_are_closed(home)
    if finding.level is Level.FAILURE:
        raise HomeUnusable(f"{finding.sentence()} {finding.what_to_do()}")


def _is_closed(folder: Path, *, code: str, allowed: int) -> Finding:
    mode = stat.S_IMODE(folder.stat().st_mode)
    return Check(
        code,
        claim=said("%(folder)s is closed to others."),
        otherwise=said("%(folder)s is open to others (mode %(mode)s)."),
        advice="chmod %(allowed)s %(folder)s",
    ).judge(mode & ~allowed == 0, folder=folder, mode=f"{mode:04o}", allowed=f"{allowed:04o}")


def _keys_are_closed(home: Home) -> Finding:
    files = [path for path in home.keys.rglob("*") if path.is_file()]
    is_open = sorted(str(path) for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077)
    return Check(
        "key_files_closed",
        claim=said("All %(count)s files of keys and passwords are readable by their owner only."),
        otherwise=said("Files of keys or passwords are readable by others: %(files)s."),
        advice="chmod 0600 %(files)s",
    ).judge(not is_open, count=len(files), files=" ".join(is_open))


def _are_apart(home: Home) -> Iterator[Finding]:
    yield Check(
        "keys_outside_home",
        claim=said("The keys lie outside the data folder."),
        otherwise=said("The keys lie inside the data folder; one backup would hold both."),
        advice=said("Move %(keys)s elsewhere and set ZHIKE_KEYS."),
    ).judge(home.root != home.keys and home.root not in home.keys.parents, keys=home.keys)
    yield Check(
        "keys_on_other_disk",
        claim=said("The keys lie on another disk than the data."),
        otherwise=said("The keys lie on the same disk as the data; who takes the disk has both."),
        advice=said("Put %(keys)s on another disk, or use the bank's key management, and set ZHIKE_KEYS."),
        fails=Level.WARNING,
    ).judge(home.root.stat().st_dev != home.keys.stat().st_dev, keys=home.keys)
