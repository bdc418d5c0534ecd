"""Rules over several fields of a row and across rows."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.roster_cells import Cell, RosterCells, Sheet, error_cell, from_chunks, to_chunks
from registry.reading import duplicates, reader
from registry.reading.reader import Reading
from registry.reading.rows import Person

EXAMINED_ON = date(2026, 12, 1)
HEADER: list[Cell] = ["Mã NV", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Ngày vào làm"]


def a_row(**changes: Cell) -> list[Cell]:
    cells: dict[str, Cell] = {
        "code": None, "name": "Trần Văn An", "born": "05/06/1990", "sex": "Nam", "cccd": "001090123456", "start": None,
    }  # fmt: skip
    return list((cells | changes).values())


def read_rows(*rows: list[Cell]) -> Reading:
    return reader.read(RosterCells("text", [], [Sheet("", [HEADER, *rows])], delimiter=";"), EXAMINED_ON)


def read_row(**changes: Cell) -> Person:
    return read_rows(a_row(**changes)).persons[0]


def test_blank_sex_and_birth_date_come_from_a_valid_number() -> None:
    person = read_row(sex=None, born=None, cccd="001190123456")

    assert (person.sex, person.fields and person.fields["birth_date"]) == ("female", "1990")
    assert person.codes == ("birth_date.derived_from_national_id", "sex.derived_from_national_id")


def test_without_a_number_blank_sex_and_birth_date_are_refused() -> None:
    person = read_row(sex=None, born=None, cccd=None, code="7")

    assert person.outcome == "refused"
    assert person.codes == ("birth_date.missing", "national_id.missing", "sex.missing")


def test_the_form_wins_over_a_number_that_says_otherwise() -> None:
    person = read_row(cccd="001191123456")

    assert person.sex == "male"
    assert person.codes == ("birth_date.contradicts_national_id", "sex.contradicts_national_id")


@pytest.mark.parametrize(
    ("born", "sex", "code"),
    [
        ("02/12/2011", "Nam", "age.under_15"),
        ("01/12/2011", "Nam", "age.minor"),
        ("2008", "Nam", "age.minor"),
        ("02/12/2008", "Nam", "age.minor"),
        ("01/12/2008", "Nam", None),
        ("31/05/1965", "Nam", "age.elderly"),
        ("01/06/1965", "Nam", None),
        ("31/10/1969", "Nữ", "age.elderly"),
        ("01/11/1969", "Nữ", "age.elderly"),
        ("01/12/1969", "Nữ", None),
        ("1969", "Nữ", "age.elderly"),
    ],
)
def test_age_codes_take_the_stricter_reading(born: str, sex: str, code: str | None) -> None:
    person = read_row(born=born, sex=sex, cccd="chưa có")

    assert [found for found in person.codes if found.startswith("age.")] == ([code] if code else [])


@pytest.mark.parametrize(
    ("start", "implausible"), [("02/12/2026", True), ("05/06/2003", False), ("04/06/2003", True), ("2026", False)]
)
def test_a_start_after_the_examination_or_in_childhood_is_implausible(start: str, implausible: bool) -> None:
    person = read_row(start=start)

    assert ("start_date.implausible" in person.codes) == implausible


def test_a_formula_error_reads_as_blank() -> None:
    person = read_row(cccd=error_cell("#N/A"))

    assert person.codes == ("cell.formula_error", "national_id.missing")


def test_the_second_row_of_one_person_is_refused_and_names_the_first() -> None:
    first, second = read_rows(a_row(), a_row(name="TRAN VAN AN", born="1990")).persons

    assert (first.outcome, first.codes) == ("accepted", ())
    assert "duplicate.in_file" in second.codes
    assert second.related_rows == (2,)


def test_two_persons_with_one_number_both_keep_it() -> None:
    persons = read_rows(a_row(), a_row(name="Lê Văn Bê", born="01/01/1990")).persons

    assert [person.codes for person in persons] == [("identity.shared_national_id",)] * 2
    assert [person.related_rows for person in persons] == [(3,), (2,)]


def test_a_namesake_born_the_same_day_is_suspected_only_if_one_has_no_number() -> None:
    without = read_rows(a_row(), a_row(cccd=None)).persons
    with_both = read_rows(a_row(), a_row(cccd="002090123456")).persons

    assert all("duplicate.suspected" in person.codes for person in without)
    assert all("duplicate.suspected" not in person.codes for person in with_both)


def test_a_refused_row_takes_no_part_in_the_next_step() -> None:
    refused, kept = read_rows(a_row(born="31/02/1990", code="7"), a_row(code="7")).persons

    assert refused.outcome == "refused"
    assert kept.codes == ()


def test_one_employee_number_twice_is_reported_on_both() -> None:
    persons = read_rows(a_row(code="7"), a_row(code="7", name="Lê Bê", cccd="002090123456")).persons

    assert [person.codes for person in persons] == [("employee_code.duplicate",)] * 2


def test_a_list_with_one_number_in_all_its_rows_does_not_grow_with_their_square() -> None:
    names = [f"Trần {chr(65 + n % 26)}{'abcdefghij'[n // 26 % 10] * (n // 260 + 1)}" for n in range(400)]

    persons = read_rows(*(a_row(name=name, born="1990", code="0") for name in names)).persons

    assert {person.codes for person in persons} == {
        ("birth_date.year_only", "employee_code.duplicate", "identity.shared_national_id")
    }
    assert {len(person.related_rows) for person in persons} == {duplicates.NAMED_ROWS}


def a_person_row() -> st.SearchStrategy[list[Cell]]:
    """Rows with few distinct values, so that they meet each other."""
    return st.builds(
        a_row,
        code=st.sampled_from([None, "1", "2"]),
        name=st.sampled_from(["Trần Văn An", "TRẦN VĂN AN", "Lê Bê", "An9", None]),
        born=st.sampled_from(["05/06/1990", "1990", 33029, "?", None]),
        sex=st.sampled_from(["Nam", "nữ", None, "?"]),
        cccd=st.sampled_from(["001090123456", "001190123456", 1090123456, None, "chưa có", "7.9E+10"]),
        start=st.sampled_from([None, "2020", "1/1/2030"]),
    )


def is_person(row: list[Cell]) -> bool:
    """A lone text between persons is a heading, so its place matters; that of persons does not."""
    return len(row) - row.count(None) - (row[5] is not None) >= 2


def told(person: Person, also: Callable[[Person], Any] = lambda _: None) -> tuple[Any, ...]:
    return (person.cells, person.outcome, person.codes, person.fields, also(person))


@settings(max_examples=60, deadline=None)
@given(st.lists(a_person_row(), min_size=1, max_size=8))
def test_reading_is_repeatable_and_survives_its_chunks(rows: list[list[Cell]]) -> None:
    cells = RosterCells("text", [], [Sheet("", [HEADER, *rows])], delimiter=";")
    extracted = to_chunks(cells)

    readings = [
        reader.read(cells, EXAMINED_ON),
        reader.read(from_chunks(extracted.facts, extracted.chunks), EXAMINED_ON),
    ]

    assert readings[0].totals == readings[1].totals
    assert list(map(told, readings[0].persons)) == list(map(told, readings[1].persons))


@settings(max_examples=60, deadline=None)
@given(st.lists(a_person_row().filter(is_person), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_only_which_duplicate_is_kept(rows: list[list[Cell]], random: Any) -> None:
    shuffled = random.sample(rows, len(rows))

    before, after = read_rows(*rows), read_rows(*shuffled)

    assert sorted(own_codes(before)) == sorted(own_codes(after))


def own_codes(reading: Reading) -> list[str]:
    """What each row says by itself, without what it owes to the others."""
    across = {"duplicate.in_file", "identity.shared_national_id", "duplicate.suspected", "employee_code.duplicate"}
    return [repr((person.cells, sorted(set(person.codes) - across))) for person in reading.persons]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=25), st.integers(), st.floats()), min_size=6, max_size=8),
)
def test_no_cell_whatever_it_holds_breaks_the_reading(cells: list[Cell]) -> None:
    reading = read_rows([cell.replace("\0", "") if isinstance(cell, str) else cell for cell in cells])

    assert reading.file_outcome == "accepted"
