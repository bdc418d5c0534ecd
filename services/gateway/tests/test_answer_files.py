"""The file that goes back to the sender."""

import csv
import io

import openpyxl
import pytest

from gateway.extraction import answer_file
from gateway.extraction.answer_file import Place
from gateway.sandbox import Sandbox

ROWS = [["DANH SÁCH", None], ["Họ và tên", "Ngày sinh"], ["Trần An", "1990"], ["Lê & Bê <x>", "?"]]


def a_workbook() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "DS & KSK"
    for row in ROWS:
        sheet.append(row)
    sheet["A2"].font = openpyxl.styles.Font(bold=True)
    workbook.create_sheet("Khác").append(["để yên"])
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def test_a_workbook_comes_back_with_answers_and_otherwise_as_it_was() -> None:
    answered = answer_file.write(a_workbook(), Place("DS & KSK", 2), {3: "Đã nhận", 4: "Chưa nhận <sửa> & gửi lại"})

    workbook = openpyxl.load_workbook(io.BytesIO(answered))
    sheet = workbook["DS & KSK"]
    assert [[c.value for c in row] for row in sheet.iter_rows(max_col=2)] == ROWS
    assert [c.value for c in sheet["C"]] == [None, "Kết quả tiếp nhận", "Đã nhận", "Chưa nhận <sửa> & gửi lại"]
    assert sheet["A2"].font.bold
    assert workbook["Khác"]["A1"].value == "để yên"


def test_answers_are_text_and_never_formulas() -> None:
    answered = answer_file.write(a_workbook(), Place("DS & KSK", 2), {3: "=1+1"})

    cell = openpyxl.load_workbook(io.BytesIO(answered))["DS & KSK"]["C3"]
    assert (cell.value, cell.data_type) == ("'=1+1", "s")


def test_a_text_file_keeps_its_delimiter_and_comes_back_in_utf8() -> None:
    sent = "Họ và tên|Ngày sinh|Số CCCD\nTrần An|1990|\n\nLê Bê|1991|\n".encode()

    answered = answer_file.write(sent, Place(None, 1), {2: "Đã nhận", 4: "Chưa nhận"})

    records = list(csv.reader(io.StringIO(answered.decode("utf-8-sig"), newline=""), delimiter="|"))
    assert answered.startswith(b"\xef\xbb\xbf")
    assert [record[3] if record else None for record in records] == ["Kết quả tiếp nhận", "Đã nhận", None, "Chưa nhận"]


@pytest.mark.parametrize(
    ("written", "escaped"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1+1", "'\t=1+1"),
        ("-2+3", "'-2+3"),
        ("-", "-"),
        ('="001090123456"', '="001090123456"'),
        ("Trần An", "Trần An"),
    ],
)
def test_what_a_spreadsheet_would_run_is_escaped(written: str, escaped: str) -> None:
    assert answer_file.escape_formula(written) == escaped


def test_a_file_that_is_not_the_one_that_was_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such sheet"):
        answer_file.write(a_workbook(), Place("Khác hẳn", 1), {})


async def test_the_sandbox_writes_answers_too() -> None:
    async with Sandbox(children=1) as sandbox:
        answered = await sandbox.answer(a_workbook(), Place("DS & KSK", 2), {3: "Đã nhận"})

    assert openpyxl.load_workbook(io.BytesIO(answered))["DS & KSK"]["C3"].value == "Đã nhận"
