"""Why an extract, a row or a mapping is refused, in words, and what to do about it; and the words of the loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from zhike.core import formats
from zhike.core.labels import Register, register_labels
from zhike.core.outcomes import Outcome, register_outcomes
from zhike.facts.enums import BatchState
from zhike.facts.intake.limits import MIB
from zhike.facts.intake.refusals import ExtractFault, ExtractRefused, MappingFault, MappingRefused
from zhike.facts.models import ImportBatch
from zhike.facts.operations.rejects import RejectedRow, printable
from zhike.facts.queries.mappings import titles

F, M = ExtractFault, MappingFault


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong, and what to do."""

    happened: str
    advice: str


_SAVE_AGAIN = gettext_lazy("Export the file again from the source system; do not repair it by hand.")
_PLAIN_WORKBOOK = gettext_lazy("Save the values only in a new workbook (.xlsx) and hand that in.")
_ASK_FOR_MAPPING = gettext_lazy(
    "The layout has changed: tell the system administrator, who adapts the mapping."
)

FAULTS: dict[ExtractFault, tuple[Promise, Promise]] = {
    F.BAD_NAME: (
        gettext_lazy("The file's name holds characters that no file name should hold."),
        gettext_lazy("Rename the file as the source system names it."),
    ),
    F.NAME_TOO_LONG: (
        gettext_lazy("The file's name is too long: about %(limit)s Chinese characters, or three times as many others."),
        gettext_lazy("Give the file a shorter name that still begins as the source system names it."),
    ),
    F.NOT_ASKED_FOR: (
        gettext_lazy("No file of this name belongs to the chosen source system."),
        gettext_lazy("Choose the source system it comes from, or leave this file out."),
    ),
    F.NO_SUCH_FILE: (
        gettext_lazy("A file is missing; its name would be like %(file)s."),
        gettext_lazy("Add the missing file: a delivery is read as a whole."),
    ),
    F.SEVERAL_FILES: (
        gettext_lazy("There are several files of a kind that comes once: %(found)s."),
        gettext_lazy("Hand in the files of one delivery only."),
    ),
    F.FILE_TOO_LARGE: (
        gettext_lazy("The file is larger than %(limit)s."),
        gettext_lazy("Let the system administrator load it from the command line, or deliver it in parts."),
    ),
    F.EMPTY_FILE: (gettext_lazy("The file is empty."), _SAVE_AGAIN),
    F.NOT_THIS_LAYOUT: (
        gettext_lazy("The content is not what the name says: a file of kind %(wanted)s was expected."),
        gettext_lazy("Do not rename files to another ending; save them in the right format."),
    ),
    F.BROKEN_ARCHIVE: (gettext_lazy("The packed file is damaged."), _SAVE_AGAIN),
    F.NUL_BYTE: (gettext_lazy("The text holds NUL characters: it is damaged, or no text."), _SAVE_AGAIN),
    F.WRONG_ENCODING: (
        gettext_lazy("The characters cannot be read, neither as UTF-8 nor as GB18030."),
        gettext_lazy("Export it again in UTF-8 or GB18030. Opening and saving it in a spreadsheet spoils characters."),
    ),
    F.LINE_TOO_LONG: (gettext_lazy("A line is longer than %(limit)s."), _SAVE_AGAIN),
    F.FIELD_TOO_LONG: (gettext_lazy("A value is longer than %(limit)s; a quotation mark may be missing."), _SAVE_AGAIN),
    F.UNCLOSED_QUOTE: (gettext_lazy("A quotation mark is opened and never closed."), _SAVE_AGAIN),
    F.MALFORMED_QUOTE: (gettext_lazy("A quotation mark stands in the middle of a value."), _SAVE_AGAIN),
    F.DUPLICATE_HEADER: (gettext_lazy("A column heading stands there twice."), _ASK_FOR_MAPPING),
    F.MISSING_COLUMN: (gettext_lazy("A column is missing."), _ASK_FOR_MAPPING),
    F.ENCRYPTED: (
        gettext_lazy("The workbook has a password, or was saved in the format of before 2007."),
        _PLAIN_WORKBOOK,
    ),
    F.HAS_MACROS: (gettext_lazy("The workbook holds macros."), _PLAIN_WORKBOOK),
    F.EXTERNAL_LINK: (gettext_lazy("The workbook refers to other files."), _PLAIN_WORKBOOK),
    F.BOMB: (
        gettext_lazy("The file unpacks to far more than it may: %(limit)s."),
        gettext_lazy("A file like this can be an attack. Ask where it comes from before you try again."),
    ),
    F.TOO_MANY_PARTS: (gettext_lazy("The workbook consists of too many parts (%(found)s)."), _PLAIN_WORKBOOK),
    F.UNSAFE_PART: (
        gettext_lazy("The workbook holds a part that does not belong there: %(part)s."),
        gettext_lazy("A file like this can be an attack. Ask where it comes from before you try again."),
    ),
    F.DTD: (
        gettext_lazy("The workbook holds definitions that no spreadsheet program writes."),
        gettext_lazy("A file like this can be an attack. Ask where it comes from before you try again."),
    ),
    F.SHEET_TOO_LARGE: (
        gettext_lazy("The sheet has more than %(rows)s rows or %(columns)s columns."),
        gettext_lazy("Deliver large tables as CSV."),
    ),
    F.FORMULA_CELL: (
        gettext_lazy("A cell holds a formula; its stored result cannot be checked."), _PLAIN_WORKBOOK,
    ),
    F.NO_SUCH_SHEET: (gettext_lazy("The workbook has no sheet “%(sheet)s”."), _ASK_FOR_MAPPING),
    F.BROKEN_WORKBOOK: (gettext_lazy("The workbook is damaged."), _SAVE_AGAIN),
    F.VIEW_FAILED: (gettext_lazy("A step of the mapping does not fit these files."), _ASK_FOR_MAPPING),
    F.OUT_OF_MEMORY: (
        gettext_lazy("Reading these files by this mapping takes more memory than a reading may have."),
        _ASK_FOR_MAPPING,
    ),
    F.DISK_FULL: (
        gettext_lazy("The disk of the server is full."),
        gettext_lazy("Nothing is kept of these files. Tell the system administrator, then hand them in again."),
    ),
    F.READING_FAILED: (
        gettext_lazy("The reading has failed. The fault is ours, not the files'."),
        gettext_lazy("Hand the same files in once more; if it fails again, tell the system administrator."),
    ),
}  # fmt: skip

REASONS: dict[str, Promise] = {
    "RAGGED_ROW": gettext_lazy("The row has %(found)s values; the heading has %(expected)s."),
    "TWO_ENCODINGS": gettext_lazy("This line is written in another encoding than the rest of the file."),
    "REQUIRED": gettext_lazy("The value is missing and must be there."),
    "UNKNOWN_CODE": gettext_lazy("The mapping does not know this code."),
    "NOT_A_DATE": gettext_lazy("This is no date of the form %(format)s."),
    "NOT_A_NUMBER": gettext_lazy("This is no whole number, or one out of range."),
    "NOT_AN_AMOUNT": gettext_lazy("This is no amount, or it has too many decimals."),
    "OUT_OF_RANGE": gettext_lazy("The number lies outside what is possible: %(limit)s."),
    "NOT_OF_THIS_KIND": gettext_lazy("An event of this kind cannot say this."),
    "TEXT_TOO_LONG": gettext_lazy("The text is longer than %(limit)s characters."),
    "UNREADABLE_CHARACTER": gettext_lazy("The text holds a character that another system could not read."),
    "LOST_DIGITS": gettext_lazy("The spreadsheet has cut off digits; such numbers must be stored as text."),
    "FUTURE_DATE": gettext_lazy("The date lies in the future."),
    "ENDS_BEFORE_START": gettext_lazy("It ends before it begins (%(start)s)."),
    "SEVERAL_MATCHES": gettext_lazy("Several rows of “%(source)s” fit; there must be one."),
    "NO_MATCH": gettext_lazy("No row of “%(source)s” fits."),
    "DUPLICATE_KEY": gettext_lazy("The same key stands in %(first_file)s, line %(first_line)s."),
    "SAME_IDENTITY": gettext_lazy("Customer %(customer_no)s has the same identity document."),
    "REFERS_TO_NOTHING": gettext_lazy("There is no such row among %(table)s."),
    "ID_LENGTH": gettext_lazy("An identity number has 18 characters."),
    "ID_CHARACTERS": gettext_lazy("The identity number holds characters it cannot hold."),
    "ID_REGION": gettext_lazy("The identity number begins with no region of the country."),
    "ID_BIRTH_DATE": gettext_lazy("The identity number holds no possible date of birth."),
    "ID_CHECK_CHARACTER": gettext_lazy("The last character of the identity number does not fit the others."),
    "PHONE": gettext_lazy("This is no telephone number."),
    "BIRTH_DATE": gettext_lazy("This is no possible date of birth."),
}

MAPPING_FAULTS: dict[MappingFault, Promise] = {
    M.NOT_TOML: gettext_lazy("The mapping is not written in TOML."),
    M.MISSING_KEY: gettext_lazy("The mapping lacks “%(key)s”."),
    M.UNKNOWN_KEY: gettext_lazy("The mapping knows no “%(key)s”."),
    M.WRONG_KIND: gettext_lazy("“%(key)s” of the mapping is of the wrong kind."),
    M.NOT_ALLOWED: gettext_lazy("“%(key)s” of the mapping has a value that is not allowed."),
    M.UNKNOWN_NAME: gettext_lazy("“%(key)s” of the mapping names something that is not there."),
    M.DUPLICATE_NAME: gettext_lazy("“%(key)s” of the mapping uses a name twice."),
    M.WRONG_TYPE: gettext_lazy("“%(key)s” of the mapping gives another type than the table wants."),
    M.BAD_FORMAT: gettext_lazy("“%(key)s” of the mapping is no form of a date."),
    M.BAD_SQL: gettext_lazy("“%(key)s” of the mapping is no SELECT that can be run."),
}

TABLES: dict[str, Promise] = {
    "outlets": gettext_lazy("Outlets"),
    "staff": gettext_lazy("Staff"),
    "customers": gettext_lazy("Customers"),
    "relations": gettext_lazy("Relations"),
    "products": gettext_lazy("Product catalogue"),
    "accounts": pgettext_lazy("facts", "Accounts"),
    "balances": gettext_lazy("Balances"),
    "transactions": gettext_lazy("Transactions"),
    "events": gettext_lazy("Events"),
}

CHAIN: dict[str, Promise] = {
    "in_declared_order": gettext_lazy("Chain in the order of the file"),
    "in_another_order": gettext_lazy("Chain in another order within the day"),
    "by_rounding": gettext_lazy("Differ by rounding"),
    "on_cut_off_day": gettext_lazy("On the last day, which is cut off"),
    "first_rows": gettext_lazy("First row of an account"),
    "unexplained": gettext_lazy("Do not chain, reason unknown"),
}

_COUNTED = {"limit"}
_OF_BYTES = {F.FILE_TOO_LARGE, F.BOMB, F.LINE_TOO_LONG, F.FIELD_TOO_LONG}


def fault_words(code: str, params: Mapping[str, Any]) -> Words:
    """Why a whole delivery is refused. `params` holds the fault's own and `file`."""
    fault = ExtractFault(code)
    happened, advice = FAULTS[fault]
    return Words(str(happened) % _Figures(params, of_bytes=fault in _OF_BYTES), str(advice))


def refusal_words(fault: ExtractRefused) -> str:
    """A refused delivery in one line: the place, what is wrong, and what to do."""
    comma, colon, gap = ("，", "：", "") if formats.chinese() else (", ", ": ", " ")
    place = [fault.file]
    if fault.row:
        place.append(_("row %(row)s") % {"row": fault.row})
    if fault.column:
        place.append(_("column %(column)s") % {"column": fault.column})
    words = fault_words(fault.code, {"file": fault.file, **fault.params})
    return f"{comma.join(place)}{colon}{words.happened}{gap}{words.advice}"


def reject_words(row: RejectedRow) -> str:
    """A fault of a rejected row in one line: the place, the value as it may be shown, and the reason."""
    comma, colon, stop = ("，", "：", "：") if formats.chinese() else (", ", ": ", " – ")
    place = [row.file, _("row %(row)s") % {"row": row.line}]
    if heading := row.header or row.column:
        place.append(_("column %(column)s") % {"column": heading})
    value = f"{row.text}{stop}" if row.text else ""
    return printable(f"{comma.join(place)}{colon}{value}{reason_words(row.reason, row.params)}")


def reason_words(code: str, params: Mapping[str, Any]) -> str:
    """Why a row is rejected; a reason without words shows as it is."""
    words = {**params, "table": table_word(str(params["table"]))} if "table" in params else params
    return str(REASONS[code]) % _Figures(words) if code in REASONS else code


def waiting_words(batches: Sequence[ImportBatch]) -> str:
    """Which loads keep evaluations from starting, and what to do; empty without any."""
    refused = [batch for batch in batches if batch.state == BatchState.REFUSED]
    running = [batch for batch in batches if batch.state != BatchState.REFUSED]
    sentences = []
    if running:
        words = _("An import is running: %(imports)s. Start when it has finished.")
        sentences.append(words % {"imports": _named(running)})
    if refused:
        words = ngettext(
            "Import %(imports)s was refused. Load the next delivery of its source, or discard it.",
            "Imports %(imports)s were refused. Load the next deliveries of their sources, or discard them.",
            len(refused),
        )
        sentences.append(words % {"imports": _named(refused)})
    return ("" if formats.chinese() else " ").join(sentences)


def _named(batches: Sequence[ImportBatch]) -> str:
    names = titles()
    between, opens, ends = ("、", "（", "）") if formats.chinese() else (", ", " (", ")")
    return between.join(
        f"{batch.pk}{opens}{names.get(batch.mapping, batch.mapping)}{ends}" for batch in batches
    )


def mapping_words(refusal: MappingRefused) -> str:
    """Why a mapping cannot be used."""
    return str(MAPPING_FAULTS[refusal.code]) % {"key": refusal.key}


def table_word(name: str) -> str:
    """The name of a canonical table."""
    return str(TABLES.get(name, name))


def size(bytes_count: int) -> str:
    """A size as people read it."""
    if bytes_count < MIB:
        return _("%(count)s KB") % {"count": formats.grouped(max(1, round(bytes_count / 1024)))}
    digits = 0 if bytes_count % MIB == 0 else 1
    return _("%(count)s MB") % {"count": formats.grouped(bytes_count / MIB, digits)}


class _Figures(dict[str, str]):
    """The parameters of a fault for a sentence: sizes as sizes, and nothing missing breaks it."""

    def __init__(self, params: Mapping[str, Any], *, of_bytes: bool = False) -> None:
        super().__init__(
            {
                name: size(int(value))
                if of_bytes and name in _COUNTED and str(value).isdigit()
                else _plain(value)
                for name, value in params.items()
            }
        )

    def __missing__(self, name: str) -> str:
        return formats.NONE


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


register_labels(
    Register.ACTION,
    {
        "import.uploaded": gettext_lazy("Files handed in"),
        "import.begun": gettext_lazy("Import begun"),
        "import.read": gettext_lazy("Import read"),
        "import.refused": gettext_lazy("Import refused"),
        "import.confirmed": gettext_lazy("Import confirmed"),
        "import.loaded": gettext_lazy("Import loaded"),
        "import.discarded": gettext_lazy("Import discarded"),
        "import.load_abandoned": gettext_lazy("Interrupted load given up"),
        "import.rejects_taken": gettext_lazy("Rejected rows downloaded"),
        "import.swept": gettext_lazy("Left-over files deleted"),
        "event.pushed": gettext_lazy("Events pushed by a program"),
    },
)
register_outcomes({"import.refused": Outcome.REFUSED})
register_labels(
    Register.JOB,
    {
        "facts.read_upload": gettext_lazy("Read handed-in files"),
        "facts.load_batch": gettext_lazy("Load an import"),
        "facts.sweep": gettext_lazy("Delete left-over files"),
        "facts.take_pushed": gettext_lazy("Load pushed events"),
    },
)
register_labels(
    Register.STEP,
    {
        "IMPORT_READ": gettext_lazy("Reading and checking"),
        "IMPORT_LOAD": gettext_lazy("Loading the import"),
        "IMPORT_SWEEP": gettext_lazy("Deleting"),
    },
)
register_labels(
    Register.OBJECT,
    {"facts.importbatch": gettext_lazy("Import"), "facts.upload": gettext_lazy("Handed-in files")},
)
register_labels(
    Register.PARAMETER,
    {
        "import.orphan_hours": gettext_lazy("When left-over files are deleted"),
        "import.preview_hours": gettext_lazy("How long a reading waits for confirmation"),
        "import.rejects_days": gettext_lazy("How long rejected rows are kept"),
        "event.take_minutes": gettext_lazy(
            "How long pushed events wait for each other before they are loaded"
        ),
        "event.skew_minutes": gettext_lazy("How far the clock of a pushing system may be ahead"),
    },
)
register_labels(Register.UNIT, {"hours": gettext_lazy("hours")})
