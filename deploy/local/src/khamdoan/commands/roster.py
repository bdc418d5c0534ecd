"""`khamdoan roster read`: read a roster file without any server, on the same code path as an upload."""

import argparse
import asyncio
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from contracts import roster_codes as codes
from contracts import roster_mapping
from contracts.roster_cells import from_chunks
from gateway import bounds
from gateway.extraction.answer_file import Place
from gateway.extraction.limits import MAX_EXPANDED_BYTES
from gateway.sandbox import BusyError, Sandbox
from khamdoan.errors import SetupError
from registry.reading import reader
from registry.reading.reader import Column, Reading
from registry.reading.rows import Person


def add_to(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    roster = subparsers.add_parser("roster", help="đọc danh sách khám / read a roster file")
    actions = roster.add_subparsers(required=True, metavar="ACTION")
    read = actions.add_parser("read", help="in kết quả từng dòng / print what becomes of every row, as NDJSON")
    read.add_argument("file", type=Path)
    read.add_argument("--reference-date", type=_day, required=True, metavar="YYYY-MM-DD")
    read.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="C=field",
        help="gán cột / say what a column is (C= for none)",
    )
    read.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE.json",
        help='gán cột theo tệp JSON / what columns are: {"columns": {"C": "full_name"}, "header_row": 5}',
    )
    read.add_argument("--answer", type=Path, metavar="FILE", help="ghi tệp kèm kết quả / write the file with answers")
    read.set_defaults(run=run)


def _day(text: str) -> date:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if bounds.FIRST <= day <= bounds.LAST:
            return day
    raise argparse.ArgumentTypeError(f"{text}: ngày dạng 2026-07-01 / a day such as 2026-07-01")


def run(options: argparse.Namespace) -> int:
    """Print one line per person and one for the file; a refused file is an answer, not a failure."""
    try:
        reading = asyncio.run(_read(options))
    except BusyError as error:
        raise SetupError(
            "roster.busy", "Máy quá bận, chưa đọc kịp tệp; hãy thử lại.", "Too busy to read the file; try again."
        ) from error
    lines = [*map(_person, reading.persons), _summary(reading)]
    sys.stdout.writelines(to_json(line).decode() + "\n" for line in lines)
    return 0


async def _read(options: argparse.Namespace) -> Reading:
    with options.file.open("rb") as file:
        data = file.read(MAX_EXPANDED_BYTES + 1)
    async with Sandbox(children=1) as sandbox:
        extracted = await sandbox.extract(data, options.file.name)
        cells = from_chunks(extracted.facts, extracted.chunks)
        reading = reader.read(cells, options.reference_date, _chosen(options))
        if options.answer and reading.header_rows:
            answers = {person.row: codes.sentence(person.outcome, person.codes) for person in reading.persons}
            place = Place(reading.sheet, reading.header_rows[-1])
            options.answer.write_bytes(await sandbox.answer(data, place, answers))
    return reading


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    """The mapping of the file named, and over it the single columns."""
    document: dict[str, Any] = {"columns": {}, "header_row": None}
    if options.mapping:
        try:
            document = roster_mapping.from_text(options.mapping.read_bytes())
        except roster_mapping.NoMappingError as error:
            raise SetupError(
                "mapping.unreadable",
                f"{options.mapping} không phải bảng gán cột.",
                f"{options.mapping} is no mapping of columns to fields.",
            ) from error
    single = {letters: field or None for letters, _, field in (column.partition("=") for column in options.column)}
    return {**document, "columns": document["columns"] | single}


def _person(person: Person) -> dict[str, Any]:
    line: dict[str, Any] = {"row": person.row, "outcome": person.outcome, "codes": person.codes}
    if person.related_rows:
        line["related_rows"] = person.related_rows
    return line | {"fields": person.fields}


def _column(column: Column) -> dict[str, Any]:
    line: dict[str, Any] = {"column": column.column, "header": column.header, "field": column.field}
    if column.why:
        line["how"] = column.why.how
    return line | ({"suggested": column.suggested} if column.suggested else {})


def _summary(reading: Reading) -> dict[str, Any]:
    return {
        "file_outcome": reading.file_outcome,
        "file_codes": reading.file_codes,
        "sheet": reading.sheet,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header_rows": reading.header_rows,
        "columns": [_column(column) for column in reading.columns],
        "skipped_rows": reading.skipped_rows,
        "totals": reading.totals,
    }
