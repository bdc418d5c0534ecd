"""What kind of file some bytes are, judged by content and never by name."""

from contracts.roster_cells import ExtractedFile, RosterCells, to_chunks
from gateway.extraction import text_file, workbook
from gateway.extraction.limits import FileRefusedError

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def extract(data: bytes) -> ExtractedFile:
    """The cells of a roster file in chunks; a file that must be refused has codes and no sheets, never an exception."""
    return to_chunks(cells(data))


def cells(data: bytes) -> RosterCells:
    """The cells of a roster file, or the codes of its refusal."""
    try:
        return _read(data)
    except FileRefusedError as refused:
        return RosterCells(file_codes=refused.codes)


def _read(data: bytes) -> RosterCells:
    if data.startswith((ZIP, EMPTY_ZIP)):
        return workbook.extract(data)
    if data.startswith(OLE) and ENCRYPTED_PACKAGE in data:
        raise FileRefusedError("file.encrypted")
    return text_file.extract(data)
