"""Roster files as a personnel officer would save them."""

import csv
import io
from collections.abc import Sequence
from importlib.resources import files

from openpyxl import Workbook

from demo.people import Person

HEADINGS = (
    "STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Điện thoại", "Bộ phận", "Công việc", "Yếu tố có hại",
    "Điều kiện lao động", "Ngày vào làm", "Ngày khám gần nhất", "Khuyết tật",
)  # fmt: skip
SAMPLE_ROWS = {"union-messy.xlsx": 350, "members.csv": 1200, "factory-clean.xlsx": 2000}


def as_csv(people: Sequence[Person]) -> bytes:
    """UTF-8 with a byte order mark and semicolons, as a Vietnamese spreadsheet program saves it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([number, *_cells(person)] for number, person in enumerate(people, 1))
    return text.getvalue().encode("utf-8-sig")


def as_workbook(people: Sequence[Person], title: str) -> bytes:
    """A workbook with a title row above the table; identifiers are text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    sheet.append([title])
    sheet.append([])
    sheet.append(list(HEADINGS))
    for number, person in enumerate(people, 1):
        sheet.append([number, *_cells(person)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def samples_for(members: int) -> list[str]:
    """The sample files that a campaign takes in: together at most half of its members."""
    chosen: list[str] = []
    for name, rows in SAMPLE_ROWS.items():
        if sum(SAMPLE_ROWS[other] for other in chosen) + rows <= members / 2:
            chosen.append(name)
    return chosen


def sample(name: str) -> bytes:
    """One of the real-looking sample files, with its faults."""
    return files("demo").joinpath("samples", name).read_bytes()


def _cells(person: Person) -> list[str]:
    return [getattr(person, slot) for slot in Person.__slots__]
