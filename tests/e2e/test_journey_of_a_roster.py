"""A roster uploaded at the edge is answered as `khamdoan roster read` answers it, row by row and as a whole."""

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from e2e_campaign import Campaign

from contracts import legacy_text
from demo.edge import Edge, EdgeError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

REFERENCE = date(2026, 12, 1)
SAID_OF_A_ROW = ("row", "outcome", "codes", "related_rows")
SAID_OF_A_FILE = ("file_outcome", "file_codes")
TITLES = ["STT", "Họ và tên", "Giấy tờ", None, "Năm sinh", None, "Điện thoại"]
BELOW = [None, None, "Số CCCD", "Ngày cấp", "Nam", "Nữ", None]
PEOPLE = [
    ["I", "P. Kế toán", None, None, None, None, "2 người"],
    [1, "TRẦN VĂN AN", 1090123456, "05/06/21", 1990, None, 912345678],
    [2, "Lê\u00a0Thị Bé (thai sản)", "001188123456", None, None, "12/25/1988", "01681234567"],
    ["Tổ 2, 3 người"],
    [3, "Lê Thị Bé", None, None, None, "25/12/1988", "0912345678 / 0987654321"],
    [4, "Ngô 4n", "7,92E+10", None, "31/02/1990", None, None],
    [5, "TRAN VAN AN", "001.090.123.456", None, "1990", None, None],
    [None, "Cộng: 5", None, None, None, None, None],
]


def a_workbook() -> bytes:
    """Two header rows, a birth column per sex, heading rows, a hidden row, damaged numbers, somebody twice."""
    workbook, content = openpyxl.Workbook(), io.BytesIO()
    sheet = workbook.active
    for row in [["Họ tên người lập: Trần A", "Điện thoại: 0912345678", "Đơn vị: X"], [], TITLES, BELOW, *PEOPLE]:
        sheet.append(row)
    for merged in ("A3:A4", "B3:B4", "C3:D3", "E3:F3", "G3:G4"):
        sheet.merge_cells(merged)
    sheet.row_dimensions[7].hidden = True
    workbook.create_sheet("KSK 2025").sheet_state = "hidden"
    workbook.save(content)
    return content.getvalue()


def in_an_old_font() -> bytes:
    """A text file as an accountant's program of the nineties saves it."""
    letters = {letter: typed for typed, letter in legacy_text.table("tcvn3").items()}
    lines = ["STT;Họ và tên;Ngày sinh;Giới tính;Bộ phận", "1;Đặng Thị Bé;2/1985;Nữ;Tổ sấy", "2;Lê Văn Cường;?;Nam;"]
    return "".join(letters.get(letter, letter) for letter in "\r\n".join(lines)).encode("latin-1")


async def test_an_upload_is_answered_as_the_command_answers_the_file(edge: Edge, tmp_path: Path) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(9)

    for name, content in (("sổ.xlsx", a_workbook()), ("old.csv", in_an_old_font())):
        rows, whole = by_command(tmp_path / name, content)
        answered, assessed = await by_upload(campaign, content)

        assert answered == rows
        assert assessed == whole
        assert {row["outcome"] for row in rows} >= {"accepted_with_warnings", "refused"}


async def test_an_upload_is_refused_as_the_command_refuses_the_file(edge: Edge, tmp_path: Path) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(9)
    content = b"PK\x03\x04 no workbook"

    rows, whole = by_command(tmp_path / "list.csv", content)
    with pytest.raises(EdgeError) as refused:
        await by_upload(campaign, content)

    assert (rows, whole["file_codes"]) == ([], ["file.corrupt"])
    assert "file.corrupt" in str(refused.value)


def by_command(path: Path, content: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the command says of every row, and of the file."""
    path.write_bytes(content)
    command = [sys.executable, "-m", "khamdoan", "roster", "read", str(path), "--reference-date", REFERENCE.isoformat()]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=180).stdout
    *rows, whole = map(json.loads, printed.splitlines())
    return [{key: row.get(key, []) for key in SAID_OF_A_ROW} for row in rows], said_of_a_file(whole)


async def by_upload(campaign: Campaign, content: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The same of an upload that has no effect."""
    roster_id = uuid4()
    unit = await campaign.edge.party("unions", str(campaign.unit_id), "officer of the unit")
    receipt = await unit.post_roster(
        content, roster_id=roster_id, unit_id=campaign.unit_id, reference_date=REFERENCE, dry_run=True
    )
    await unit.answered([receipt["receipt_id"]])
    assessment = (await unit.get(f"/rosters/{roster_id}"))["assessment"]
    rows = await unit.pages(f"/rosters/{roster_id}/answers")
    return [{key: row[key] for key in SAID_OF_A_ROW} for row in rows], said_of_a_file(assessment)


def said_of_a_file(answer: dict[str, Any]) -> dict[str, Any]:
    """What both ends say of a file, in one form; which column is what, by its letter."""
    columns = {column["column"]: column["field"] for column in answer["columns"]}
    return {key: answer[key] for key in SAID_OF_A_FILE} | {"columns": columns}
