"""The two folders of an installation: the home holds the data, the keys folder holds what opens them.

They are apart on purpose: one backup that holds both would protect neither.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zhike.run.words import said

LAYOUT_MARK = "zhike-home"
LAYOUT_VERSION = "1"
RESTORING = "restoring"
"""There while a restore is at work; where one was killed, what it left is no bank."""


class HomeUnusable(Exception):
    """The folder for data or keys cannot be used; the text says why and what to do."""

    code = "HOME_UNUSABLE"


@dataclass(frozen=True)
class Home:
    """Where an installation keeps its data (`root`) and its keys and passwords (`keys`)."""

    root: Path
    keys: Path

    @property
    def postgres(self) -> Path:
        """Folder of the embedded server: its data, its socket and its log; owned by the database's user."""
        return self.root / "postgres"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Held by the one `zhike up` that runs on this home."""
        return self.root / "up.lock"

    @property
    def passwords(self) -> Path:
        return self.keys / "database"

    def exists(self) -> bool:
        """Whether data of ours and a keys folder are there. Raises HomeUnusable where we may not look."""
        try:
            return (self.root / LAYOUT_MARK).is_file() and self.keys.is_dir()
        except OSError as error:
            raise HomeUnusable(
                said(
                    "%(root)s and %(keys)s cannot be looked into: %(strerror)s. Run zhike as the user they "
                    "belong to, or name others in ZHIKE_HOME and ZHIKE_KEYS.",
                    root=self.root,
                    keys=self.keys,
                    strerror=error.strerror,
                )
            ) from error

    def demand(self) -> None:
        """Refuse to work where no installation is, and create nothing. Raises HomeUnusable."""
        if not (self.exists() and self.passwords.is_dir()):
            raise HomeUnusable(
                said(
                    "There is no installation in %(root)s with keys in %(keys)s. Name its folders in "
                    "ZHIKE_HOME and ZHIKE_KEYS, or set one up with zhike up.",
                    root=self.root,
                    keys=self.keys,
                )
            )

    def prepare(self) -> None:
        """Create both folders with their layout, closed to others. Safe to repeat.

        Raises HomeUnusable when a folder is not ours, holds foreign files, or cannot be written.
        """
        if self.keys == self.root or self.root in self.keys.parents:
            raise HomeUnusable(
                said(
                    "The keys folder %(keys)s lies inside the data folder %(root)s: one backup would hold "
                    "both. Set ZHIKE_KEYS to a folder elsewhere.",
                    keys=self.keys,
                    root=self.root,
                )
            )
        _make(self.root, mode=home_mode())
        self._mark()
        if (self.root / RESTORING).exists():
            raise HomeUnusable(
                said(
                    "A restore into %(root)s has not ended. If none is at work, remove the folder and restore "
                    "again.",
                    root=self.root,
                )
            )
        for folder in (self.lake, self.logs):
            _make(folder, mode=0o700)
        _make(self.keys, mode=0o700)
        _make(self.passwords, mode=0o700)

    def _mark(self) -> None:
        """Claim an empty folder; refuse one that holds somebody else's files."""
        mark = self.root / LAYOUT_MARK
        if mark.exists():
            found = mark.read_text(encoding="ascii").strip()
            if found != LAYOUT_VERSION:
                raise HomeUnusable(
                    said(
                        "%(root)s has layout %(found)s, this release reads layout %(own)s. Use the release "
                        "that made it, or choose another ZHIKE_HOME.",
                        root=self.root,
                        found=found,
                        own=LAYOUT_VERSION,
                    )
                )
            return
        if any(self.root.iterdir()):
            raise HomeUnusable(
                said(
                    "%(root)s already holds other files. Set ZHIKE_HOME to an empty or new folder.",
                    root=self.root,
                )
            )
        mark.write_text(LAYOUT_VERSION + "\n", encoding="ascii")
        # Only a folder that has just become ours gets its mode changed.
        self.root.chmod(home_mode())


def find_home(environ: Mapping[str, str] | None = None) -> Home:
    """The folders of this installation, from ZHIKE_HOME and ZHIKE_KEYS or the customary places.

    A person's data lie under their own home; root's lie in system folders, because the unprivileged
    database user cannot enter root's home.
    """
    environ = os.environ if environ is None else environ
    if is_root():
        root, keys = Path("/var/lib/zhike"), Path("/etc/zhike")
    else:
        person = Path(environ.get("HOME") or Path.home())
        root = Path(environ.get("XDG_DATA_HOME") or person / ".local/share") / "zhike"
        keys = Path(environ.get("XDG_CONFIG_HOME") or person / ".config") / "zhike-keys"
    return Home(
        root=Path(environ.get("ZHIKE_HOME") or root).expanduser().absolute(),
        keys=Path(environ.get("ZHIKE_KEYS") or keys).expanduser().absolute(),
    )


def is_root() -> bool:
    return os.geteuid() == 0


def home_mode() -> int:
    """0700; as root 0711, so that the database's user can pass through to its own closed folder."""
    return 0o711 if is_root() else 0o700


def _make(folder: Path, *, mode: int) -> None:
    try:
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=mode, exist_ok=True)
            # mkdir's mode passes through the umask.
            folder.chmod(mode)
    except OSError as error:
        raise HomeUnusable(
            said("%(folder)s cannot be created: %(strerror)s.", folder=folder, strerror=error.strerror)
        ) from error
    if not folder.is_dir():
        raise HomeUnusable(
            said("%(folder)s is a file, not a folder. Remove it or choose another place.", folder=folder)
        )
    if folder.stat().st_uid != os.geteuid():
        raise HomeUnusable(
            said(
                "%(folder)s belongs to another user. Run zhike as that user, or set ZHIKE_HOME and "
                "ZHIKE_KEYS.",
                folder=folder,
            )
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise HomeUnusable(
            said(
                "%(folder)s cannot be written. Give yourself the right: chmod u+rwx %(folder)s", folder=folder
            )
        )
