"""What may go wrong with a whole mapping or a whole extract, as typed errors without display text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class MappingFault(StrEnum):
    """Why a mapping file is refused."""

    NOT_TOML = "NOT_TOML"
    MISSING_KEY = "MISSING_KEY"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    WRONG_KIND = "WRONG_KIND"  # a text where a list belongs, and the like
    NOT_ALLOWED = "NOT_ALLOWED"  # a value outside its closed set
    UNKNOWN_NAME = "UNKNOWN_NAME"  # a source, column, code list or decision that is not there
    DUPLICATE_NAME = "DUPLICATE_NAME"
    WRONG_TYPE = "WRONG_TYPE"  # an expression gives a text where the contract wants a date, and the like
    BAD_FORMAT = "BAD_FORMAT"  # a date format with unknown parts
    BAD_SQL = "BAD_SQL"


class ExtractFault(StrEnum):
    """Why a folder of extracts is refused as a whole."""

    BAD_NAME = "BAD_NAME"  # path separators, control characters, a name no system keeps
    NAME_TOO_LONG = "NAME_TOO_LONG"
    NOT_ASKED_FOR = "NOT_ASKED_FOR"  # no source of the mapping takes a file of this name
    NO_SUCH_FILE = "NO_SUCH_FILE"
    SEVERAL_FILES = "SEVERAL_FILES"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    EMPTY_FILE = "EMPTY_FILE"
    NOT_THIS_LAYOUT = "NOT_THIS_LAYOUT"  # name and content say different things
    BROKEN_ARCHIVE = "BROKEN_ARCHIVE"
    NUL_BYTE = "NUL_BYTE"
    WRONG_ENCODING = "WRONG_ENCODING"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    UNCLOSED_QUOTE = "UNCLOSED_QUOTE"
    MALFORMED_QUOTE = "MALFORMED_QUOTE"
    DUPLICATE_HEADER = "DUPLICATE_HEADER"
    MISSING_COLUMN = "MISSING_COLUMN"
    ENCRYPTED = "ENCRYPTED"
    HAS_MACROS = "HAS_MACROS"
    EXTERNAL_LINK = "EXTERNAL_LINK"
    BOMB = "BOMB"  # unpacks to more than is allowed
    TOO_MANY_PARTS = "TOO_MANY_PARTS"
    UNSAFE_PART = "UNSAFE_PART"  # absolute or climbing path, nested archive
    DTD = "DTD"
    SHEET_TOO_LARGE = "SHEET_TOO_LARGE"
    FORMULA_CELL = "FORMULA_CELL"
    NO_SUCH_SHEET = "NO_SUCH_SHEET"
    BROKEN_WORKBOOK = "BROKEN_WORKBOOK"
    VIEW_FAILED = "VIEW_FAILED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"  # the mapping's SQL or the files ask for more than a reading may take
    DISK_FULL = "DISK_FULL"
    READING_FAILED = "READING_FAILED"  # a fault of ours, not of the files


class MappingRefused(Exception):
    """The mapping itself is wrong: `file`, the dotted `key`, the `code` and its parameters."""

    def __init__(self, code: MappingFault, *, file: str, key: str, **params: object) -> None:
        self.code = code
        self.file = file
        self.key = key
        self.params: Mapping[str, object] = params
        super().__init__(f"{file}: {key}: {code} {params or ''}".rstrip())


class ExtractRefused(Exception):
    """An extract cannot be trusted as a whole. `row` is the 1-based line of the file, where known."""

    def __init__(
        self,
        code: ExtractFault,
        *,
        file: str,
        row: int | None = None,
        column: str | None = None,
        **params: object,
    ) -> None:
        self.code = code
        self.file = file
        self.row = row
        self.column = column
        self.params: Mapping[str, object] = params
        super().__init__(f"{file}, row {row}, column {column}: {code} {params or ''}".rstrip())
