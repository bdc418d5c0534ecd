"""Rosters laid out in other ways than the samples."""

from datetime import date
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from roster_rows import AN, BE, HEADER, Builder, Read, names


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [1, 0, 4, 2, 3]])
def test_columns_may_stand_in_any_order(read: Read, a_text_file: Builder, order: list[int]) -> None:
    permuted = [[row[i] for i in order] for row in (HEADER, AN, BE)]

    reading = read(a_text_file(permuted))

    assert [person.fields["identifiers"]["cccd"] for person in reading.persons] == [AN[4], BE[4]]


def test_a_header_far_down_and_right_of_column_a_is_found(read: Read, a_workbook: Builder) -> None:
    titles = [["CÔNG TY"], ["DANH SÁCH"], [], ["Kính gửi: Sở Y tế"], [], ["(mẫu)"], [], []]

    reading = read(a_workbook([*titles, ["", "", *HEADER], ["", "", *AN]]))

    assert reading.header_rows == [9]
    assert reading.columns[0].column == "C"
    assert names(reading) == ["Trần Văn An"]


def test_titles_directly_above_the_header_do_not_belong_to_it(read: Read, a_workbook: Builder) -> None:
    rows = [["CÔNG TY", None, None, "CỘNG HÒA", None], ["DANH SÁCH"], HEADER, AN]

    reading = read(a_workbook(rows, ["A1:C1", "D1:E1", "A2:E2"]))

    assert reading.header_rows == [3]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("HỌ VÀ TÊN", "full_name"),
        ("Ho va ten", "full_name"),
        ("Họ và tên / Full name", "full_name"),
        ("Full name\n(Họ và tên)", "full_name"),
        ("Họ, chữ đệm và tên khai sinh", "full_name"),
    ],
)
def test_name_headings_are_known_in_many_wordings(read: Read, a_workbook: Builder, heading: str, field: str) -> None:
    reading = read(a_workbook([["No.", heading, "DOB\nNgày sinh", "Sex/Giới tính", "ID No. (CCCD)"], AN]))

    assert [column.field for column in reading.columns] == [None, field, "birth_date", "sex", "national_id"]


@pytest.mark.parametrize(
    "sender",
    [
        ["Họ và tên người lập: Trần A", "Điện thoại: 0912345678", "Đơn vị: Công ty X"],
        ["Họ tên người lập", "Trần A", "Điện thoại", "0912345678", "Đơn vị", "Công ty X"],
    ],
)
def test_a_line_about_the_sender_is_no_header(read: Read, a_workbook: Builder, sender: list[str]) -> None:
    reading = read(a_workbook([sender, [], HEADER, AN, BE]))

    assert reading.header_rows == [3]
    assert names(reading) == ["Trần Văn An", "Lê Thị Bé"]


def test_a_title_that_tells_of_the_columns_is_no_header(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([["Gồm: họ tên", "ngày sinh", "giới tính", "CCCD"], HEADER, AN, BE]))

    assert reading.header_rows == [2]
    assert names(reading) == ["Trần Văn An", "Lê Thị Bé"]


def test_a_blank_form_on_the_first_sheet_does_not_hide_the_list_on_the_second(read: Read, a_workbook: Builder) -> None:
    def add_list(workbook: Any, _: Any) -> None:
        sheet = workbook.create_sheet("DS")
        for row in (HEADER, AN, BE):
            sheet.append(row)

    reading = read(a_workbook([["BIỂU MẪU"], HEADER], change=add_list))

    assert (reading.sheet, names(reading)) == ("DS", ["Trần Văn An", "Lê Thị Bé"])


def test_the_day_of_issue_is_that_of_the_national_id_and_not_of_a_card_before_it(
    read: Read, a_text_file: Builder
) -> None:
    header = ["Họ tên", "Ngày sinh", "Số sổ BHXH", "Ngày cấp", "Số CCCD", "Ngày cấp"]

    reading = read(a_text_file([header, ["Trần An", "1/1/1990", "0123456789", "2/2/2010", AN[4], "3/3/2021"]]))

    assert reading.persons[0].fields["issue_date"] == "2021-03-03"


def test_a_number_shown_as_hours_counts_by_its_value(read: Read, a_workbook: Builder) -> None:
    def show_hours(_: Any, sheet: Any) -> None:
        sheet["E2"].number_format = "[h]:mm"

    reading = read(a_workbook([HEADER, [*AN[:4], 1090123456]], change=show_hours))

    assert reading.persons[0].fields["identifiers"] == {"cccd": "001090123456"}


def test_birth_years_in_a_column_per_sex_give_both(read: Read, a_workbook: Builder) -> None:
    rows = [
        ["STT", "Họ và tên", "Năm sinh", None, "Số CCCD"],
        [None, None, "Nam", "Nữ", None],
        ["(1)", "(2)", "(3)", "(4)", "(5)"],
        [1, "Trần Văn An", 1990, None, "001090123456"],
        [2, "Lê Thị Bé", None, "12/05/1988", "001188123456"],
        [3, "Ngô Thị Cúc", None, None, "001185123456"],
    ]

    reading = read(a_workbook(rows, ["A1:A2", "B1:B2", "C1:D1", "E1:E2"]))

    assert reading.header_rows == [1, 2]
    assert reading.skipped_rows == {"column_numbers": [3]}
    assert [(p.fields["sex"], p.fields["birth_date"]) for p in reading.persons] == [
        ("male", "1990"),
        ("female", "1988-05-12"),
        ("female", "1985"),
    ]
    assert "sex.derived_from_national_id" in reading.persons[2].codes


def test_family_and_given_names_in_two_columns_are_joined(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([["Họ và đệm", "Tên", "Ngày sinh", "Phái"], ["TRẦN VĂN", "AN", "1/2/1990", "nam"]]))

    assert reading.persons[0].fields["full_name"] == "Trần Văn An"
    assert reading.persons[0].codes.count("name.case_normalized") == 1


def test_family_middle_and_given_names_in_three_columns_are_joined(read: Read, a_text_file: Builder) -> None:
    reading = read(
        a_text_file([["Họ", "Tên đệm", "Tên", "Ngày sinh", "Phái"], ["Trần", "Văn", "An", "1/2/1990", "nam"]])
    )

    assert names(reading) == ["Trần Văn An"]


def test_day_month_and_year_in_three_columns_are_one_date(read: Read, a_workbook: Builder) -> None:
    header = ["Họ và tên", "Ngày", "Tháng", "Năm", "Giới tính"]

    reading = read(a_workbook([header, ["Trần An", 5, 6, 1990, "nam"], ["Lê Bé", None, None, 1991, "nữ"]]))

    assert [person.fields["birth_date"] for person in reading.persons] == ["1990-06-05", "1991"]


def test_headings_may_lack_their_spaces(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([["STT", "HỌVÀTÊN", "NGÀYSINH", "GIỚITÍNH", "SỐCCCD"], AN]))

    assert [column.field for column in reading.columns] == [None, "full_name", "birth_date", "sex", "national_id"]


def test_a_tick_column_for_women_makes_the_unmarked_men(read: Read, a_text_file: Builder) -> None:
    header = ["Họ tên", "Nữ", "Ngày sinh", "CCCD"]

    reading = read(a_text_file([header, ["Lê Thị Bé", "x", "1/2/1990", ""], ["Trần An", "", "1/2/1991", ""]]))

    assert [person.sex for person in reading.persons] == ["female", "male"]


def test_a_header_repeated_in_another_language_is_nobody(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([HEADER, ["No.", "Full name", "Date of birth", "Gender", "ID No."], AN, BE]))

    assert (reading.header_rows, reading.skipped_rows) == ([1], {"repeated_header": [2]})
    assert names(reading) == ["Trần Văn An", "Lê Thị Bé"]


def test_what_stands_under_somebody_elses_heading_is_not_the_workers(read: Read, a_workbook: Builder) -> None:
    rows = [[*HEADER, "Người thân", None], [*[None] * 5, "Họ tên", "Điện thoại"], [*AN, "Trần Ba", "0912345678"]]

    reading = read(a_workbook(rows, [*(f"{column}1:{column}2" for column in "ABCDE"), "F1:G1"]))

    assert names(reading) == ["Trần Văn An"]
    assert "phone" not in reading.persons[0].fields


def test_beside_an_old_card_the_citizens_number_counts(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([[*HEADER[:4], "Số CMND", "Số CCCD"], [*AN[:4], "123456789", AN[4]]]))

    assert reading.persons[0].fields["identifiers"] == {"cccd": AN[4]}


def test_an_unticked_box_is_no_mark(read: Read, a_workbook: Builder) -> None:
    header = ["Họ tên", "Nữ", "Ngày sinh", "CCCD"]
    ticks = [True, "✓", "+", False, 0, "không", "-", None]

    reading = read(a_workbook([header, *([f"Trần {'ABCDEFGH'[n]}", tick, 1990] for n, tick in enumerate(ticks))]))

    assert [person.sex for person in reading.persons] == ["female"] * 3 + ["male"] * 5


@pytest.mark.parametrize(
    "numbers",
    [["A", "B", "C", "D", "E"], ["(1)", "(2)", "", "(4)", "(5)"], ["[1]", "[2]", "[3]", "[4]", "[5]"]],
)
def test_columns_are_numbered_in_many_ways(read: Read, a_text_file: Builder, numbers: list[str]) -> None:
    reading = read(a_text_file([HEADER, numbers, AN]))

    assert (reading.skipped_rows, names(reading)) == ({"column_numbers": [2]}, ["Trần Văn An"])


@pytest.mark.parametrize(
    ("heading", "department"),
    [
        ("Tổ 16, 5 người", "Tổ 16"),
        ("Tổ 18 (tổng số 12 người)", "Tổ 18"),
        ("Tổ 21 (SL: 45)", "Tổ 21"),
        ("* Tổ 11", "Tổ 11"),
        ("Phòng 203", "Phòng 203"),
        ("Kho Tổng 2", "Kho Tổng 2"),
    ],
)
def test_a_heading_loses_its_count_and_nothing_else(
    read: Read, a_text_file: Builder, heading: str, department: str
) -> None:
    reading = read(a_text_file([HEADER, [f'"{heading}"'], AN]))

    assert reading.persons[0].fields["department"] == department


def test_heading_rows_give_the_department_less_numbering_and_count(read: Read, a_text_file: Builder) -> None:
    rows = [
        HEADER,
        ["I. Phân xưởng Cắt (45 người)"],
        AN,
        ["II - Phân xưởng May: 30 LĐ"],
        ["A) Chuyền 12"],
        BE,
        ["Tổng cộng: 2 người"],
        ["Người lập biểu"],
    ]

    reading = read(a_text_file(rows))

    assert [person.fields["department"] for person in reading.persons] == ["Phân xưởng Cắt", "Chuyền 12"]
    assert reading.skipped_rows == {"group_heading": [2, 4, 5], "subtotal": [7], "footer": [8]}


def test_a_heading_row_may_hold_its_number_and_its_count_in_cells_of_their_own(
    read: Read, a_text_file: Builder
) -> None:
    rows = [[*HEADER, "Ghi chú"], ["A", "P. Kế toán", "", "", "", "12 người"], AN, ["P. Vật tư (3)"], BE]

    reading = read(a_text_file(rows))

    assert [person.fields["department"] for person in reading.persons] == ["P. Kế toán", "P. Vật tư"]
    assert reading.skipped_rows == {"group_heading": [2, 4]}


def test_a_value_merged_downwards_holds_for_all_its_rows_and_a_blank_stays_blank(
    read: Read, a_workbook: Builder
) -> None:
    third = ["3", "Ngô An", "1/1/1991", "Nam", "001091123456"]
    rows = [[*HEADER, "Bộ phận"], [*AN, "Xưởng may"], [*BE, None], [*third, None]]

    reading = read(a_workbook(rows, ["F2:F3"]))

    assert [person.fields.get("department") for person in reading.persons] == ["Xưởng may", "Xưởng may", None]
    assert "department.missing" in reading.persons[2].codes


def test_family_names_that_look_like_totals_are_persons(read: Read, a_text_file: Builder) -> None:
    rows = [["Họ tên", "Ngày sinh", "Giới tính"], ["Công Thị An", "1/1/1990", "nữ"], ["Tống Văn Bê", "1/1/1990", "nam"]]

    reading = read(a_text_file([*rows, ["Cộng", "", ""], ["TỔNG SỐ", "", ""]]))

    assert names(reading) == ["Công Thị An", "Tống Văn Bê"]
    assert reading.skipped_rows == {"subtotal": [4, 5]}


def test_serials_count_in_the_date_system_of_their_workbook(read: Read, a_workbook: Builder) -> None:
    def in_1904(workbook: Any, _: Any) -> None:
        workbook.epoch = CALENDAR_MAC_1904

    rows = [["Họ tên", "Ngày sinh", "Giới tính"], ["Trần An", 31444, "nam"], ["Lê Bé", date(1990, 2, 2), "nữ"]]

    reading = read(a_workbook(rows, change=in_1904))

    assert [person.fields["birth_date"] for person in reading.persons] == ["1990-02-02", "1990-02-02"]


def test_hidden_sheets_are_never_read_and_hidden_rows_are_marked(read: Read, a_workbook: Builder) -> None:
    def hide(workbook: Any, sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True
        workbook.create_sheet("Cũ").sheet_state = "veryHidden"
        workbook.create_sheet("Ghi chú")

    reading = read(a_workbook([HEADER, AN, BE], change=hide))

    assert reading.file_codes == [
        "file.extra_sheets_ignored",
        "file.hidden_columns",
        "file.hidden_sheets_ignored",
    ]
    assert [person.codes for person in reading.persons] == [(), ("row.hidden",)]


def test_a_chosen_column_overrules_its_heading(read: Read, a_text_file: Builder) -> None:
    content = a_text_file([[*HEADER, "Cột lạ"], [*AN, "Xưởng may"]])

    reading = read(content, mapping={"F": "department", "D": None})

    assert reading.persons[0].fields["department"] == "Xưởng may"
    assert "sex.derived_from_national_id" in reading.persons[0].codes


def test_last_check_and_disability_are_read_and_unit_codes_ignored(read: Read, a_text_file: Builder) -> None:
    header = [*HEADER, "Lần khám gần nhất", "Khuyết tật", "Mã đơn vị"]

    reading = read(a_text_file([header, [*AN, "05/2026", "x", "CD01"], [*BE, "năm ngoái", "", "CD01"]]))

    first, second = reading.persons
    assert (first.fields["last_health_check"], first.fields["disabled"]) == ("2026-05", True)
    assert second.codes == ("last_health_check.invalid",)
    assert "department" not in first.fields


def test_the_source_text_is_kept_beside_every_value(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([HEADER, ["1", "TRẦN  VĂN AN", "5.6.1990", "NAM", "1090123456"]]))

    source = reading.source(reading.persons[0])

    assert source == {"full_name": "TRẦN  VĂN AN", "birth_date": "5.6.1990", "sex": "NAM", "national_id": "1090123456"}


def test_a_reading_that_is_written_out_names_nobody(read: Read, a_text_file: Builder) -> None:
    assert "Trần" not in repr(read(a_text_file([HEADER, AN, BE])))
