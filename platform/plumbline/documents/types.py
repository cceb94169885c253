"""The types of file that evidence may be, and the proof that an upload is what its name says.

Extension, first bytes and a parser that read all of it must agree (security-reliability T09, R42). The
parser runs in a confined child process (``confined``, ``proof``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from assessments.evidence.documents import EvidenceRefused
from plumbline.documents import confined
from plumbline.documents.proof import Reason
from plumbline.documents.proof.limits import PROOF


@dataclass(frozen=True)
class FileType:
    """One type on the list. ``media_type`` is what the bytes are served as, whatever the upload claimed."""

    key: str
    name: str
    endings: tuple[str, ...]
    magic: bytes
    media_type: str


FILE_TYPES = (
    FileType("pdf", "PDF", (".pdf",), b"%PDF-", "application/pdf"),
    FileType("png", "PNG image", (".png",), b"\x89PNG\r\n\x1a\n", "image/png"),
    FileType("jpeg", "JPEG image", (".jpg", ".jpeg"), b"\xff\xd8\xff", "image/jpeg"),
    FileType(
        "xlsx",
        "Excel workbook",
        (".xlsx",),
        b"PK\x03\x04",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    FileType("csv", "CSV table", (".csv",), b"", "text/csv"),
)

ACCEPTED = ",".join(ending for kind in FILE_TYPES for ending in kind.endings)
"""For the ``accept`` attribute of a file field."""

MEDIA_TYPES = frozenset(kind.media_type for kind in FILE_TYPES)

_LIST = "PDF, PNG, JPEG, Excel (.xlsx) or CSV"

REFUSALS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_ON_LIST: (
        "Files of this type are not taken.",
        f"Upload the document as {_LIST}.",
    ),
    Reason.NOT_WHAT_IT_SAYS: (
        "What is inside this file is not what the end of its name says.",
        f"Open it in the program it was made with and save it as {_LIST}.",
    ),
    Reason.TWO_THINGS: (
        "This file holds something else beside the document: more data before or after it.",
        "Open it and save it again under a new name, then upload that file.",
    ),
    Reason.CUT_OFF: (
        "This file ends before the document does; part of it is missing.",
        "Check that it opens on your own device, copy it again from where it was made, and upload it again.",
    ),
    Reason.BROKEN: (
        "This file cannot be read; it is damaged or was not written as its format asks.",
        "Open it and save it again under a new name, then upload that file.",
    ),
    Reason.TOO_MUCH: (
        "Reading this file takes more memory or time than is allowed for one file.",
        "Upload the document in parts, or save it in a simpler form (fewer pages, smaller images).",
    ),
    Reason.PDF_PROTECTED: (
        "This PDF is protected by a password or by restrictions.",
        "Upload a copy without protection: print it to a new PDF, or save it without security.",
    ),
    Reason.PDF_EMPTY: ("This PDF has no pages.", "Choose the file that holds the document."),
    Reason.PDF_SCRIPT: (
        "This PDF runs something when it is opened or clicked: a script, or another program.",
        "Upload a copy without it: print it to a new PDF.",
    ),
    Reason.TOO_MANY_PIXELS: (
        "This image has more than 64 million pixels.",
        "Save it at a lower resolution; 300 dots per inch are enough to read a scanned page.",
    ),
    Reason.NOT_A_WORKBOOK: (
        "This is an archive, not an Excel workbook.",
        "Upload the files in it one by one, or save the workbook as .xlsx.",
    ),
    Reason.WORKBOOK_PROTECTED: (
        "This workbook is protected by a password, or is in the old format of Excel (.xls).",
        "Open it, remove the password, and save it as .xlsx.",
    ),
    Reason.WORKBOOK_MACROS: (
        "This workbook holds macros or active controls.",
        "Save it as an Excel workbook without macros (.xlsx), or as PDF.",
    ),
    Reason.WORKBOOK_HOLDS_FILES: (
        "This workbook holds other files inside it.",
        "Upload the files inside it by themselves, remove them from the workbook, and upload it again.",
    ),
    Reason.WORKBOOK_LINKS: (
        "This workbook runs other programs to get its values (DDE links).",
        "Replace the links by their values and save it again.",
    ),
    Reason.WORKBOOK_TOO_LARGE: (
        "This workbook unfolds to far more than its size.",
        "Keep the sheets that matter here, without empty formatted rows, and upload those.",
    ),
    Reason.NOT_TEXT: (
        "This CSV file holds characters that are not text.",
        "Save the table again as CSV, or as .xlsx.",
    ),
    Reason.NOT_UTF8: (
        "The characters of this CSV file are not UTF-8.",
        'Save it again as "CSV UTF-8", or as .xlsx.',
    ),
}


class WrongType(EvidenceRefused):
    """The file is not of a type on the list, or not what it says; ``reason`` is a stable word."""

    code = "evidence_type"

    def __init__(self, reason: Reason) -> None:
        message, remedy = REFUSALS[reason]
        super().__init__(message, remedy, places=("file",))
        self.reason = reason


def type_of_name(file_name: str) -> FileType:
    """Return the type that a file's name claims. Raises WrongType when it is not on the list."""
    lowered = file_name.strip().casefold()
    for kind in FILE_TYPES:
        if lowered.endswith(kind.endings):
            return kind
    raise WrongType(Reason.NOT_ON_LIST)


def prove(file: BinaryIO, file_name: str) -> FileType:
    """Return the type of an open, seekable file after reading all of it in a child process.

    Raises WrongType with a reason of its own for each way a file can be unfit. The file must be a real one
    (it has a descriptor), because the child gets it as its standard input and nothing else.
    """
    kind = type_of_name(file_name)
    file.seek(0)
    start = file.read(8)
    if not start.startswith(kind.magic):
        old_office = kind.key == "xlsx" and start.startswith(b"\xd0\xcf\x11\xe0")
        raise WrongType(Reason.WORKBOOK_PROTECTED if old_office else Reason.NOT_WHAT_IT_SAYS)
    try:
        said = confined.run("plumbline.documents.proof", kind.key, file, PROOF).decode()
    except confined.OverLimit as error:
        raise WrongType(Reason.TOO_MUCH) from error
    if said != "proved":
        raise WrongType(Reason(said))
    return kind
