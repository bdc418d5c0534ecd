"""What the gateway and registry agree on about roster files."""

from datetime import date

import pytest

from contracts import retirement, roster_headings
from contracts.roster_cells import (
    BYTES_PER_CHUNK,
    RosterCells,
    Sheet,
    date_cell,
    error_cell,
    from_chunks,
    shown,
    to_chunks,
    truth_cell,
)


def test_cells_survive_their_chunks_in_any_order() -> None:
    rows = [
        ["a", None, n, n / 3, date_cell(date(1990, 1, 2)), error_cell("#N/A"), truth_cell(True)] for n in range(1200)
    ]
    sheet = Sheet("DS", rows, [(0, 0, 0, 1), (700, 1, 900, 1)], [3, 1100], [2])
    cells = RosterCells("workbook", ["file.external_links"], [sheet, Sheet("Khác", [[]])], date_1904=True)

    extracted = to_chunks(cells)

    assert from_chunks(extracted.facts, extracted.chunks[::-1]) == cells
    assert len(extracted.chunks) == 4


def test_a_missing_chunk_is_noticed() -> None:
    extracted = to_chunks(RosterCells("text", [], [Sheet("", [["x"]] * 600)]))

    with pytest.raises(ValueError, match="1 of 2 chunks"):
        from_chunks(extracted.facts, extracted.chunks[:1])


@pytest.mark.parametrize("rows", [[["ữ" * 2_000] * 10] * 100, [["ữ" * 32_000] * 512]])
def test_no_chunk_outgrows_a_message(rows: list[list[str]]) -> None:
    extracted = to_chunks(RosterCells("text", [], [Sheet("", rows)]))  # type: ignore[arg-type]

    assert max(map(len, extracted.chunks)) <= BYTES_PER_CHUNK * 1.1


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), ("x", "x"), (25100000000.0, "25100000000"), (1.5, "1.5"), (date_cell(date(1990, 1, 2)), "1990-01-02")],
)
def test_the_source_text_of_a_cell(cell: str | float | None, text: str) -> None:
    assert shown(cell) == text


def test_a_header_tells_its_old_font_where_half_of_it_is_known_as_it_stands() -> None:
    assert roster_headings.old_encoding(["TT", "CMND/CCCD", "SÑT lieân heä", "Soá BHXH", "Full name"]) == "vni"
    assert roster_headings.old_encoding(["STT", "Họ và tên · Full name", "Ngày sinh", "Giới tính"]) is None


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("N.T.N.S (dd/mm/yyyy)", "birth_date"),
        ("Ngày cấp CCCD", "issue_date"),
        ("Số CCCD (ngày cấp)", "national_id"),
        ("Điều kiện lao động (loại)", "heavy_class"),
        ("Tên", "given_name"),
        ("Tên công ty", "workplace"),
        ("Số thẻ đoàn viên", "union_member_no"),
        ("Số thẻ", "employee_code"),
        ("Điện thoại người thân", "ignored"),
        ("Hä vµ tªn", "full_name"),
        ("Tổ\nsản xuất", "line"),
        ("KSK gần nhất", "last_health_check"),
        ("Kết quả tiếp nhận", None),
        ("Mã số CNV", "employee_code"),
        ("Tổ SX", "line"),
        ("N.T.N.S", "birth_date"),
        ("G.tính", "sex"),
        ("C.C.C.D", "national_id"),
        ("Yếu tố MTLĐ", "hazard_codes"),
        ("CCCD - Ngày cấp", "issue_date"),
        ("Ngày khám", "ignored"),
        ("Ngày cấp thẻ BHYT", "ignored"),
        ("Nơi cấp bằng", "ignored"),
        ("Năm sinh con", "ignored"),
        ("Tham gia BHXH", "ignored"),
        ("Trưởng bộ phận", "ignored"),
        ("Chuyên môn", "ignored"),
        ("(2)", None),
        ("", None),
    ],
)
def test_headings_announce_fields(heading: str, field: str | None) -> None:
    found = roster_headings.match(heading)

    assert (found and found.field) == field


@pytest.mark.parametrize(
    ("texts", "is_header"),
    [
        (["STT", "Họ và tên", "Ngày sinh"], True),
        (["HO_TEN", "GIOI_TINH", "NGAY_SINH"], True),
        (["Họ và tên", "Ngày sinh"], False),
        (["Ngày sinh", "Giới tính", "Số CCCD", "Bộ phận"], False),
        (["Trần Văn An", "1990", "Nam"], False),
    ],
)
def test_a_header_has_a_name_and_two_more(texts: list[str], is_header: bool) -> None:
    assert roster_headings.is_header(texts) == is_header


@pytest.mark.parametrize(
    ("sex", "born", "first_day"),
    [
        ("male", date(1964, 10, 1), date(2026, 5, 1)),
        ("male", date(1965, 6, 30), date(2027, 1, 1)),
        ("male", date(1966, 4, 1), date(2028, 5, 1)),
        ("female", date(1969, 12, 31), date(2027, 1, 1)),
        ("female", date(1970, 1, 1), date(2027, 6, 1)),
        ("female", date(1975, 5, 1), date(2035, 6, 1)),
        ("male", date(1955, 1, 1), date(2015, 2, 1)),
    ],
)
def test_elderly_from_the_month_after_the_retirement_birthday(sex: str, born: date, first_day: date) -> None:
    assert retirement.elderly_from(sex, born) == first_day
    assert retirement.is_elderly(sex, born, first_day)
    assert not retirement.is_elderly(None, born, first_day)
