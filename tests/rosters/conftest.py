"""Rosters as senders make them, and their way through extraction and reading."""

import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from contracts.roster_cells import from_chunks
from gateway.extraction import files
from registry.reading import reader
from registry.reading.reader import Reading

DATA = Path(__file__).parent / "data"
EXAMINED_ON = date(2026, 12, 1)

Read = Callable[[bytes], Reading]


@pytest.fixture(scope="session")
def data() -> Path:
    """The sample files and their answer keys."""
    return DATA


@pytest.fixture(scope="session")
def read() -> Read:
    """The whole way of an upload, without the processes: bytes, cells, chunks, cells, persons."""

    def read_file(content: bytes, on: date = EXAMINED_ON, **options: Any) -> Reading:
        extracted = files.extract(content)
        return reader.read(from_chunks(extracted.facts, extracted.chunks), on, **options)

    return read_file


@pytest.fixture(scope="session")
def a_workbook() -> Callable[..., bytes]:
    """A workbook of one sheet with these rows and merged ranges; `change` gets workbook and sheet."""

    def build(
        rows: Sequence[Sequence[Any]], merged: Sequence[str] = (), change: Callable[..., None] | None = None
    ) -> bytes:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        for row in rows:
            sheet.append(list(row))
        for area in merged:
            sheet.merge_cells(area)
        if change:
            change(workbook, sheet)
        content = io.BytesIO()
        workbook.save(content)
        return content.getvalue()

    return build


@pytest.fixture(scope="session")
def a_text_file() -> Callable[..., bytes]:
    """A text file of these records, nothing quoted."""

    def build(records: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
        return "".join(delimiter.join(record) + "\r\n" for record in records).encode(encoding)

    return build
