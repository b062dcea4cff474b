"""Taking files in from the browser: straight into a closed folder, under names of chance, never too much.

The body is read before the page's own transaction begins, so that a slow line holds no transaction open.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.offered import Offered
from zhike.facts.intake.room import is_disk_full
from zhike.facts.queries.uploads import quarantine_folder


class QuarantinedFile(UploadedFile):
    """A file that was taken in."""

    def __init__(self, offered: Offered) -> None:
        super().__init__(file=None, name=offered.name, size=offered.size)
        self.offered = offered


class Quarantine(FileUploadHandler):
    """Writes each file under a name of chance and counts; what is too large is dropped while it comes in."""

    def __init__(self, request: HttpRequest, limits: Limits) -> None:
        super().__init__(request)
        self.folder = secrets.token_hex(12)
        self.limit = max(limits.file_bytes, limits.workbook_bytes)
        self.left = 2 * self.limit
        self.too_large: list[str] = []
        self.is_full = False

    @property
    def path(self) -> Path:
        """The closed folder."""
        return quarantine_folder(self.folder)

    def new_file(self, *arguments: Any, **values: Any) -> None:
        super().new_file(*arguments, **values)
        self.target = self.path / secrets.token_hex(12)
        self.size, self.digest = 0, hashlib.sha256()
        with self._while_there_is_room():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.target.touch(mode=0o600)
            self.file = self.target.open("wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        self.left -= len(raw_data)
        if self.size > self.limit or self.left < 0:
            self.file.close()
            self.target.unlink(missing_ok=True)
            self.too_large.append(self.file_name)
            raise SkipFile
        self.digest.update(raw_data)
        with self._while_there_is_room():
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> QuarantinedFile | None:
        try:
            with self._while_there_is_room():
                self.file.close()
        except SkipFile:
            return None
        offered = Offered(self.file_name, self.target, self.size, self.digest.hexdigest())
        return QuarantinedFile(offered)

    def upload_interrupted(self) -> None:
        self.give_up()

    @contextmanager
    def _while_there_is_room(self) -> Iterator[None]:
        """On a full disk drop the file and what came before it; the rest of the body is read past."""
        try:
            yield
        except OSError as error:
            if not is_disk_full(error):
                raise
            self.is_full = True
            self.give_up()
            raise SkipFile from error

    def give_up(self) -> None:
        """Delete everything that was taken in."""
        shutil.rmtree(self.path, ignore_errors=True)


def take_in(request: HttpRequest, limits: Limits) -> Quarantine:
    """Read the whole request, its files into quarantine. Who calls has asked for the right before."""
    quarantine = Quarantine(request, limits)
    request.upload_handlers = [quarantine]
    try:
        request.POST  # noqa: B018 - reading it is what takes the files in
    except BaseException:
        quarantine.give_up()
        raise
    return quarantine
