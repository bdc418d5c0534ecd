"""The file that goes back to the sender."""

import io

import openpyxl
import pytest

from contracts import legacy_text
from gateway.extraction import answer_file, text_file
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


SENT = "Họ và tên|Ngày sinh|Số CCCD\nTrần An|1990|\n\nLê Bê|1991|\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1258", "tcvn3", "vni"])
def test_a_text_file_comes_back_in_its_own_encoding_delimiter_and_line_ends(encoding: str) -> None:
    sent = written(SENT, encoding)

    answered = answer_file.write(sent, Place(None, 1), {2: "Đã nhận", 4: "Chưa nhận → sửa"})

    decoded, found = text_file.decode(answered)
    assert (found, answered[:2]) == (text_file.decode(sent)[1], sent[:2])
    shown = legacy_text.convert(decoded, encoding) if encoding in ("tcvn3", "vni") else decoded  # type: ignore[arg-type]
    records = [line.split("|") for line in shown.split("\n")]
    arrow = "→" if encoding.startswith("utf") else "->"
    assert [record[:3] for record in records[:2]] == [["Họ và tên", "Ngày sinh", "Số CCCD"], ["Trần An", "1990", ""]]
    assert [record[3].lower() if len(record) > 3 else None for record in records] == [
        "kết quả tiếp nhận", "đã nhận", None, f"chưa nhận {arrow} sửa", None,
    ]  # fmt: skip


def written(text: str, encoding: str) -> bytes:
    """The text as senders' programs write it."""
    if encoding in ("tcvn3", "vni"):
        return legacy_text.typed(text, encoding).encode("latin-1")  # type: ignore[arg-type]
    if encoding == "cp1258":
        return text_file.encode(text, text_file.LEGACY_CODEPAGE, b"")
    return b"\xfe\xff" + text.encode(encoding) if encoding == "utf-16-be" else text.encode(encoding)


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
