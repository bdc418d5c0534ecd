"""The sample rosters must be read exactly as their answer keys say."""

import gzip
import json
from datetime import date
from functools import cache
from typing import Any

import pytest

from contracts.roster_cells import from_chunks
from gateway.extraction import files
from registry.reading import reader
from registry.reading.reader import Reading
from registry.reading.rows import Person

SAMPLES = [
    "factory-clean.xlsx",
    "formula-injection.csv",
    "members-cp1258.csv",
    "members.csv",
    "national-template.xlsx",
    "union-messy.xlsx",
]

pytestmark = pytest.mark.parametrize("sample", SAMPLES)


@cache
def _key_and_reading(sample: str, folder: Any) -> tuple[dict[str, Any], Reading]:
    key_file = folder / (sample.rsplit(".", 1)[0] + ".expected.json.gz")
    key = json.loads(gzip.decompress(key_file.read_bytes()))
    extracted = files.extract((folder / sample).read_bytes())
    cells = from_chunks(extracted.facts, extracted.chunks)
    return key, reader.read(cells, date.fromisoformat(key["reference_date"]))


def _as_key(person: Person) -> dict[str, Any]:
    line: dict[str, Any] = {"row": person.row, "outcome": person.outcome, "codes": list(person.codes)}
    if person.related_rows:
        line["related_rows"] = list(person.related_rows)
    return line | {"fields": person.fields}


def test_every_person_reads_as_the_key_says(sample: str, data: Any) -> None:
    key, reading = _key_and_reading(sample, data)

    answers = [_as_key(person) for person in reading.persons]

    assert len(answers) == len(key["rows"])
    assert [mine for mine, wanted in zip(answers, key["rows"], strict=True) if mine != wanted] == []


def test_skipped_rows_and_totals_are_those_of_the_key(sample: str, data: Any) -> None:
    key, reading = _key_and_reading(sample, data)

    assert reading.skipped_rows == key["skipped_rows"]
    assert reading.totals == key["totals"]


def test_the_table_is_found_where_the_key_says(sample: str, data: Any) -> None:
    key, reading = _key_and_reading(sample, data)

    columns = [{"column": c.column, "header": c.header, "field": c.field} for c in reading.columns]

    assert (reading.file_outcome, reading.file_codes) == (key["file_outcome"], key["file_codes"])
    assert reading.header_rows == key["header_rows"]
    assert reading.label_rows == key.get("label_rows", [])
    assert columns == key["columns"]
    assert reading.sheet == key.get("sheet")
    assert (reading.encoding, reading.delimiter) == (key.get("encoding"), key.get("delimiter"))
