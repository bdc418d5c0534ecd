"""Rosters in text files: delimiters, encodings, fonts of before Unicode."""

import unicodedata

import pytest
from roster_rows import AN, BE, HEADER, Builder, Read, names

from contracts import legacy_text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_files_are_read_in_every_delimiter_and_encoding(
    read: Read, a_text_file: Builder, delimiter: str, encoding: str
) -> None:
    reading = read(a_text_file([HEADER, AN, BE], delimiter, encoding))

    assert reading.delimiter == delimiter
    assert reading.encoding == encoding
    assert [person.outcome for person in reading.persons] == ["accepted", "accepted"]


def test_the_delimiter_is_that_of_the_header_even_if_titles_and_cells_hold_more_of_another(
    read: Read, a_text_file: Builder
) -> None:
    title = ["Địa chỉ: số 1, đường 2, phường 3, thành phố 4, tỉnh 5, Việt Nam"]
    hazards = "ồn, nóng, bụi bông, CO, chì, rung tay, lặn, tia X"

    reading = read(a_text_file([title, [*HEADER, "Tiếp xúc"], [*AN, hazards], [*BE, hazards]], ";"))

    assert reading.delimiter == ";"
    assert reading.header_rows == [2]
    assert len(reading.persons[0].fields["hazard_codes"]) == 8


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "title",
    [
        "Danh sách gồm: họ tên, ngày sinh, giới tính, CCCD",
        "Họ tên người lập: Trần A; Điện thoại: 0912345678; Đơn vị: X",
    ],
)
def test_the_delimiter_is_not_that_of_a_title_which_tells_of_columns(
    read: Read, a_text_file: Builder, title: str, delimiter: str
) -> None:
    quoted = f'"{title}"' if delimiter in title else title

    reading = read(a_text_file([[quoted], HEADER, AN, BE], delimiter))

    assert (reading.delimiter, reading.header_rows) == (delimiter, [2])
    assert names(reading) == ["Trần Văn An", "Lê Thị Bé"]


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
@pytest.mark.parametrize("as_bytes", ["latin-1", "utf-8"])
def test_a_table_typed_in_an_old_font_is_read_whole(
    read: Read, a_text_file: Builder, encoding: legacy_text.Encoding, as_bytes: str
) -> None:
    typed = [[_in_old_font(cell, encoding) for cell in row] for row in ([*HEADER, "Bộ phận"], [*BE, "Tổ sấy"])]

    reading = read(a_text_file(typed, ";", as_bytes))

    person = reading.persons[0]
    assert (person.fields["full_name"], person.sex) == ("Lê Thị Bé", "female")
    assert person.fields["department"] == "Tổ sấy"
    assert person.codes == ("name.legacy_encoding_converted", "text.legacy_encoding_converted")


def test_a_sign_of_an_old_font_in_one_heading_does_not_convert_the_table(read: Read, a_text_file: Builder) -> None:
    header = ["STT", "Họ và tên · Full name", "Ngày sinh", "Giới tính", "Số CCCD"]

    reading = read(a_text_file([header, ["1", "Trần Văn Mãn", "5/6/1990", "Nam", "001090123456"]]))

    assert names(reading) == ["Trần Văn Mãn"]
    assert reading.persons[0].codes == ()


def _in_old_font(text: str, encoding: legacy_text.Encoding) -> str:
    letters = {letter: typed for typed, letter in legacy_text.table(encoding).items()}
    return "".join(letters.get(letter, letter) for letter in text)


def test_windows_1258_is_composed_without_a_code_for_any_name(read: Read, a_text_file: Builder) -> None:
    rows = [[_with_loose_tones(cell) for cell in row] for row in (HEADER, AN, BE)]

    reading = read(a_text_file(rows, ",", "cp1258"))

    assert reading.file_codes == ["file.legacy_codepage"]
    assert reading.encoding == "windows-1258"
    assert [(person.full_name, person.codes) for person in reading.persons] == [(AN[1], ()), (BE[1], ())]


def _with_loose_tones(text: str) -> str:
    """Letters of the code page composed, tones as characters of their own."""
    letters = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = [c for c in parts if c in "\u0300\u0301\u0303\u0309\u0323"]
        letters.append(unicodedata.normalize("NFC", "".join(c for c in parts if c not in tones)) + "".join(tones))
    return "".join(letters)


def test_surplus_cells_are_dropped_and_reported(read: Read, a_text_file: Builder) -> None:
    reading = read(a_text_file([HEADER, [*AN, "", "thừa"], [*BE, "", ""]]))

    assert [person.codes for person in reading.persons] == [("row.extra_cells",), ()]
