"""A roster of many invented people, as a workbook; and what simply reading and simply storing it costs."""

import asyncio
import io
from datetime import date, timedelta
from itertools import islice
from random import Random
from time import perf_counter
from typing import Any

import asyncpg
import openpyxl
from python_calamine import CalamineWorkbook

HEADER = [
    "STT", "Mã NV", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Điện thoại", "Bộ phận", "Chuyền/tổ", "Công việc",
    "Yếu tố có hại", "Loại lao động", "Ngày vào làm",
]  # fmt: skip
FAMILY = ["Nguyễn"] * 35 + ["Trần"] * 11 + ["Lê"] * 10 + ["Phạm"] * 7 + ["Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ"] * 6
MIDDLE = ["Văn", "Thị", "Hữu", "Đức", "Ngọc", "Minh", "Thanh", "Quang", "Thu", "Hồng"]
GIVEN = ["An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hùng", "Khánh", "Lan", "Linh", "Mai", "Nga", "Phúc", "Sơn"]
JOBS = ["Công nhân may", "Thợ cắt", "Là ủi", "Kiểm hàng"]
HAZARDS = ["Tiếng ồn", "Tiếng ồn, bụi bông", "Nóng; rung toàn thân", "Bụi bông", None]
CLASSES = ["Bình thường", "NNĐHNH", None]


def rows(number: int, seed: int = 7) -> list[list[Any]]:
    """A header and so many people, no two with the same number."""
    random = Random(seed)
    return [list(HEADER), *(_person(random, index) for index in range(number))]


def _person(random: Random, index: int) -> list[Any]:
    female, born = index % 2, date(1968, 1, 1) + timedelta(days=random.randrange(13_000))
    century = female + (2 if born.year >= 2000 else 0)
    since = date(2019, 1, 1) + timedelta(days=random.randrange(2_000))
    return [
        index + 1, f"NV{index:06}", f"{random.choice(FAMILY)} {random.choice(MIDDLE)} {random.choice(GIVEN)}",
        f"{born:%d/%m/%Y}", "Nữ" if female else "Nam",
        f"{random.choice(['001', '002', '025', '079'])}{century}{born.year % 100:02}{index:06}",
        f"0{random.choice([91, 97, 32, 86, 70])}{index:07}", f"Phân xưởng {index % 12 + 1}", f"Chuyền {index % 60 + 1}",
        random.choice(JOBS), random.choice(HAZARDS), random.choice(CLASSES), f"{since:%d/%m/%Y}",
    ]  # fmt: skip


def workbook(people: list[list[Any]]) -> bytes:
    """The rows as an XLSX file."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    for row in people:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def seconds_of_raw_reading(content: bytes) -> float:
    """How long the workbook library alone takes from bytes to Python rows."""
    begun = perf_counter()
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        found = book.get_sheet_by_index(0).to_python()
    assert len(found) > 1
    return perf_counter() - begun


def seconds_of_copy(url: str, people: list[list[Any]]) -> float:
    """How long a bare COPY of the same rows takes, as text, into a table without an index."""
    return asyncio.run(_copy(url, people))


async def _copy(url: str, people: list[list[Any]]) -> float:
    connection = await asyncpg.connect(url)
    try:
        columns = ", ".join(f"c{number} text" for number in range(len(HEADER)))
        await connection.execute(f"CREATE TEMPORARY TABLE bare ({columns})")
        records = [tuple(None if cell is None else str(cell) for cell in row) for row in islice(people, 1, None)]
        begun = perf_counter()
        await connection.copy_records_to_table("bare", records=records)
        return perf_counter() - begun
    finally:
        await connection.close()
