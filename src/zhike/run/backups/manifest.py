"""What a backup says of itself, signed with the witness key of its installation.

A folder is a backup once it has a manifest, which is written last: what a killed run leaves is none. The keys
that open the data are never in it, only their check values, by which a foreign folder of keys is told apart.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zhike.run.checks.keys import key_fault
from zhike.run.words import said

FORMAT = 1
MANIFEST, SIGNATURE, DUMP, LAKE = "manifest.json", "manifest.sig", "database.dump", "lake"
PREFIX = "zhike-"
PARTIAL = ".partial"
WITNESS_KEY = "audit-witness.key"
SIGNED = b"zhike-backup-1|"
CHUNK_BYTES = 1 << 20


class BackupUnusable(Exception):
    """No whole backup of this installation's keys; the text says what is wrong and where. `code` tells which."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a backup, by its path in it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """What one table held: its rows, and a digest of them that does not depend on their order."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the chain of the audit stood: its last seal, and the checkpoint that was signed last."""

    events: int
    seals: int
    head: str
    checkpoint: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of it is of one moment, `taken_at`: what was committed later is not in the backup."""

    release: str
    taken_at: datetime
    server_version: int
    database_bytes: int
    migrations: tuple[str, ...]
    keys: dict[str, str]
    audit: AuditHead
    tables: dict[str, Table]
    files: tuple[KeptFile, ...]
    last_run: int | None

    @property
    def total_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def lake_files(self) -> tuple[KeptFile, ...]:
        return tuple(file for file in self.files if file.path != DUMP)

    def write(self, folder: Path, *, keys: Path) -> None:
        """Write manifest and signature to disk. The signature comes first, so a manifest never lacks one."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, default=_plain).encode()
        key = Ed25519PrivateKey.from_private_bytes((keys / WITNESS_KEY).read_bytes())
        _put(folder / SIGNATURE, base64.b64encode(key.sign(SIGNED + text)))
        _put(folder / MANIFEST, text)


def this_release() -> str:
    return version("zhike")


def own_migrations() -> set[str]:
    """The migrations of the rooms of this release, as `room.name`."""
    rooms = [room for room in files("zhike").iterdir() if room.joinpath("migrations").is_dir()]
    return {
        f"{room.name}.{step.name.removesuffix('.py')}"
        for room in rooms
        for step in room.joinpath("migrations").iterdir()
        if step.name[0].isdigit() and step.name.endswith(".py")
    }


def newest_in(folder: Path) -> Path:
    """The backup itself, or the newest of those in the folder. Raises BackupUnusable."""
    if (folder / MANIFEST).is_file():
        return folder
    found = sorted(path.parent for path in folder.glob(f"{PREFIX}*/{MANIFEST}"))
    if not found:
        raise BackupUnusable("NO_BACKUP", said("%(folder)s holds no backup.", folder=folder))
    return found[-1]


def read_manifest(folder: Path, *, keys: Path) -> Manifest:
    """The manifest, once it fits the folder of keys and is signed by it. Reads no other file of the backup.

    Raises BackupUnusable: no manifest, another format, keys of another installation, altered, a newer release.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        signature = base64.b64decode((folder / SIGNATURE).read_bytes(), validate=True)
        values = json.loads(text)
        if values.pop("format") != FORMAT:
            raise BackupUnusable(
                "OTHER_FORMAT", said("%(folder)s was written by another release.", folder=folder)
            )
        manifest = _manifest_of(values)
    except FileNotFoundError as error:
        raise BackupUnusable(
            "NO_BACKUP",
            said(
                "%(folder)s is no backup: it has no manifest. A run that was killed leaves such a folder.",
                folder=folder,
            ),
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupUnusable(
            "MANIFEST_DAMAGED", said("The manifest in %(folder)s is damaged.", folder=folder)
        ) from error
    _demand_keys(manifest, keys)
    _demand_signature(text, signature, keys=keys, folder=folder)
    if newer := set(manifest.migrations) - own_migrations():
        raise BackupUnusable(
            "NEWER_RELEASE",
            said(
                "The backup is of a newer release than this program: %(release)s, with %(count)s changes of "
                "tables that %(own)s does not know. Install that release.",
                release=manifest.release,
                own=this_release(),
                count=len(newer),
            ),
        )
    return manifest


def demand_files(folder: Path, manifest: Manifest) -> None:
    """Hold every file against its size and digest. Raises BackupUnusable naming the first that differs."""
    for file in manifest.files:
        path = folder / file.path
        if not path.is_file():
            raise BackupUnusable("FILE_MISSING", said("%(path)s is missing from the backup.", path=path))
        if path.stat().st_size != file.size:
            raise BackupUnusable(
                "FILE_TRUNCATED",
                said(
                    "%(path)s has %(found)s bytes instead of %(wanted)s.",
                    path=path,
                    found=f"{path.stat().st_size:,}",
                    wanted=f"{file.size:,}",
                ),
            )
        if sha256_of(path) != file.sha256:
            raise BackupUnusable(
                "FILE_DAMAGED", said("%(path)s is not what was written: its digest differs.", path=path)
            )


def sha256_of(path: Path) -> str:
    """Of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copied(source: Path, target: Path) -> KeptFile:
    """Copy a file to disk and say what was read, in one pass; `path` is the target's name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        for chunk in _chunks(reading):
            digest.update(chunk)
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
        size = writing.tell()
    return KeptFile(target.name, size, digest.hexdigest())


def flush_folder(folder: Path) -> None:
    """Bring a folder's names to disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _chunks(file: Any) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _put(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value))


def _manifest_of(values: dict[str, Any]) -> Manifest:
    """Raises KeyError, TypeError or ValueError."""
    kept = tuple(KeptFile(**file) for file in values.pop("files"))
    if any(Path(file.path).is_absolute() or ".." in Path(file.path).parts for file in kept):
        raise ValueError
    return Manifest(
        files=kept,
        taken_at=datetime.fromisoformat(values.pop("taken_at")),
        migrations=tuple(values.pop("migrations")),
        audit=AuditHead(**values.pop("audit")),
        tables={name: Table(**table) for name, table in values.pop("tables").items()},
        **values,
    )


def _demand_keys(manifest: Manifest, keys: Path) -> None:
    for name, value in manifest.keys.items():
        if fault := key_fault(keys / name, bytes.fromhex(value)):
            raise BackupUnusable(
                "OTHER_KEYS",
                said(
                    "%(fault)s Put back the folder of keys that was in use when the backup was taken, or name it "
                    "in ZHIKE_KEYS.",
                    fault=fault % {"key": keys / name},
                ),
            )


def _demand_signature(text: bytes, signature: bytes, *, keys: Path, folder: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes((keys / WITNESS_KEY).read_bytes())
    try:
        key.public_key().verify(signature, SIGNED + text)
    except InvalidSignature as error:
        raise BackupUnusable(
            "MANIFEST_DAMAGED",
            said("The manifest in %(folder)s was altered: its signature does not fit.", folder=folder),
        ) from error
