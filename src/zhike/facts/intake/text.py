"""One pass over a text extract before anything parses it: digest, encoding, NUL, line lengths, line count.

Decoding order: byte order mark, strict UTF-8, strict GB18030 (GBK is too small: it lacks 𠮷), refusal.
Never by statistics. A UTF-8 file is used where it lies; every other is written again as UTF-8.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused

_CHUNK = 1024 * 1024
_FOREIGN_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"PAR1", b"\x7fELF")
_LINE, _VALUE = re.compile(rb"[^\n]+"), re.compile(rb'[^\n,;\t"]+')
"""What stands between separators, none of which can be the second byte of a GB18030 character."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Text:
    """A text extract that may be parsed: `path` is UTF-8 without byte order mark, `lines` its line count.

    `doubtful` are lines of a GB18030 file with a value that is UTF-8 as well, with a character of three
    bytes or more: two encodings in one file. They are rejected, for either reading may be mojibake. Where
    the mapping declares GB18030, only lines that are UTF-8 as a whole are doubted.
    """

    path: Path
    encoding: str
    sha256: str
    lines: int
    doubtful: tuple[int, ...] = ()


class _Undecodable(Exception):
    def __init__(self, row: int) -> None:
        self.row = row


@dataclass
class _Lines:
    """Counts lines and measures the longest, chunk by chunk."""

    limit: int
    count: int = 0
    open_bytes: int = 0  # of the line that the last chunk left unfinished
    doubtful: list[int] = field(default_factory=list)

    def add(self, chunk: bytes) -> int | None:
        """Take the next chunk; the number of a line that is too long, if there is one."""
        start, carried = 0, self.open_bytes
        while True:
            reach = start + self.limit + 1 - carried
            end = chunk.rfind(b"\n", start, reach)
            if end < 0:
                if len(chunk) >= reach:
                    return self.count + chunk.count(b"\n", 0, start) + 1
                self.open_bytes = carried + len(chunk) - start
                break
            start, carried = end + 1, 0
        self.count += chunk.count(b"\n")
        return None

    @property
    def total(self) -> int:
        """All lines, the unfinished last one included."""
        return self.count + bool(self.open_bytes)


def prepare_text(path: Path, encoding: str, work: Path, limits: Limits) -> Text:
    """Read the file once and make sure that it is text of one encoding.

    `encoding` is auto, utf-8 or gb18030. Writes only into `work`. Raises ExtractRefused.
    """
    if path.stat().st_size > limits.file_bytes:
        raise ExtractRefused(ExtractFault.FILE_TOO_LARGE, file=path.name, limit=limits.file_bytes)
    mark = _look_at_start(path)
    tries = [mark] if mark else ["utf-8", "gb18030"] if encoding == "auto" else [encoding]
    if mark and encoding not in ("auto", mark):
        raise ExtractRefused(ExtractFault.WRONG_ENCODING, file=path.name, row=1, wanted=encoding, found=mark)
    failed_at = 0
    for one in tries:
        try:
            doubts = _Doubts(by_value=encoding == "auto") if one == "gb18030" else None
            return _pass(path, one, doubts, work, limits, has_mark=bool(mark))
        except _Undecodable as error:
            failed_at = max(failed_at, error.row)
    raise ExtractRefused(ExtractFault.WRONG_ENCODING, file=path.name, row=failed_at, tried=tuple(tries))


def _look_at_start(path: Path) -> str:
    """The encoding a byte order mark declares, or nothing. Refuses what is no text at all."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            start = file.read(4)
    except (OSError, EOFError, zlib.error) as error:
        raise ExtractRefused(ExtractFault.BROKEN_ARCHIVE, file=path.name) from error
    if not start:
        raise ExtractRefused(ExtractFault.EMPTY_FILE, file=path.name)
    if start.startswith(_FOREIGN_STARTS):
        raise ExtractRefused(ExtractFault.NOT_THIS_LAYOUT, file=path.name, wanted="csv")
    return next((name for mark, name in _MARKS if start.startswith(mark)), "")


def _pass(
    path: Path, encoding: str, doubts: _Doubts | None, work: Path, limits: Limits, *, has_mark: bool
) -> Text:
    digest, lines = hashlib.sha256(), _Lines(limits.line_bytes)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    in_place = encoding == "utf-8" and not has_mark and path.suffix.lower() != ".gz"
    target = path if in_place else work / f"{path.name}.utf-8"
    with nullcontext() if in_place else target.open("wb") as out:
        for place, chunk in enumerate(_chunks(path, digest, limits)):
            decoded = _decode(decoder, chunk, lines, final=False)
            if place == 0 and has_mark:
                decoded = decoded.removeprefix("\ufeff")
            plain = decoded.encode() if out else chunk
            _take(plain, path, lines)
            if doubts:
                doubts.add(chunk)
            if out:
                out.write(plain)
        _decode(decoder, b"", lines, final=True)
    if doubts:
        doubts.add(b"\n")
    if not lines.total:
        raise ExtractRefused(ExtractFault.EMPTY_FILE, file=path.name)
    return Text(target, encoding, digest.hexdigest(), lines.total, tuple(doubts.found) if doubts else ())


def _take(chunk: bytes, path: Path, lines: _Lines) -> None:
    if (place := chunk.find(b"\0")) >= 0:
        row = lines.count + chunk.count(b"\n", 0, place) + 1
        raise ExtractRefused(ExtractFault.NUL_BYTE, file=path.name, row=row)
    if long_line := lines.add(chunk):
        raise ExtractRefused(ExtractFault.LINE_TOO_LONG, file=path.name, row=long_line, limit=lines.limit)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, lines: _Lines, *, final: bool) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise _Undecodable(lines.count + error.object.count(b"\n", 0, error.start) + 1) from None


class _Doubts:
    """Finds lines of a GB18030 file that are UTF-8 as well, value by value or as a whole.

    UTF-8 means beyond two bytes a character: short GBK words may be that by chance, Chinese ones never.
    """

    def __init__(self, *, by_value: bool) -> None:
        self.found: list[int] = []
        self._value = _VALUE if by_value else _LINE
        self._line = 0
        self._rest = b""

    def add(self, chunk: bytes) -> None:
        """Take the next chunk. What follows its last line end waits for the next."""
        text = self._rest + chunk
        end = text.rfind(b"\n") + 1
        self._rest = text[end:]
        if not text.isascii():
            self.found += (self._line + place for place in _doubtful_lines(text[:end], self._value))
        self._line += text.count(b"\n", 0, end)


def _doubtful_lines(text: bytes, value: re.Pattern[bytes]) -> list[int]:
    """The 1-based lines with a value that is UTF-8; `text` ends with a line.

    Bytes in the shape of a character of three or more, after the end of another, are found for the whole text
    at once. Chinese in GB18030 has few of them, so only their lines are read value by value.
    """
    signs = np.frombuffer(text + bytes(4), dtype=np.uint8)
    goes_on = (signs & 0xC0) == 0x80
    leads = np.flatnonzero(signs - 0xE0 <= 0xF4 - 0xE0)  # below 0xE0 it wraps around
    follows = (signs[leads - 1] < 0x80) | (goes_on[leads - 1] & (signs[leads - 2] >= 0x80))
    ends = (signs[leads] >= 0xF0) | ~goes_on[leads + 3]
    starts, done = [], 0
    for place in leads[follows & goes_on[leads + 1] & goes_on[leads + 2] & ends].tolist():
        if place < done:
            continue
        start, done = text.rfind(b"\n", 0, place) + 1, text.index(b"\n", place)
        if any(map(_is_utf_8, value.findall(text, start, done))):
            starts.append(start)
    return [int(line) for line in np.searchsorted(np.flatnonzero(signs == ord("\n")), starts) + 1]


def _is_utf_8(value: bytes) -> bool:
    try:
        return not value.isascii() and max(value.decode()) > "\u07ff"
    except UnicodeDecodeError:
        return False


def _chunks(path: Path, digest: object, limits: Limits) -> Iterator[bytes]:
    """The bytes of the file, unpacked; `digest` takes those of the file as it was sent."""
    is_packed = path.suffix.lower() == ".gz"
    unpacker, unpacked = zlib.decompressobj(31), 0
    allowed = min(limits.file_bytes, path.stat().st_size * limits.ratio)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)  # type: ignore[attr-defined]
            if not is_packed:
                yield chunk
                continue
            while chunk:
                try:
                    piece = unpacker.decompress(chunk, _CHUNK)
                except zlib.error as error:
                    raise ExtractRefused(ExtractFault.BROKEN_ARCHIVE, file=path.name) from error
                unpacked += len(piece)
                if unpacked > allowed:
                    raise ExtractRefused(ExtractFault.BOMB, file=path.name, limit=allowed)
                if piece:
                    yield piece
                if unpacker.eof and unpacker.unused_data:
                    raise ExtractRefused(ExtractFault.BROKEN_ARCHIVE, file=path.name)
                chunk = unpacker.unconsumed_tail
    if is_packed and not unpacker.eof:
        raise ExtractRefused(ExtractFault.BROKEN_ARCHIVE, file=path.name)
