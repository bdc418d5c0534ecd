"""What organisations and lines must be, and that every refusal can be explained."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from contracts import roster_codes as codes
from registry import identity_views, likeness, line_rules, matching, organisation_rules, places, problems
from registry.identity_views import UnionView
from registry.likeness import Particulars

SOURCES = Path(organisation_rules.__file__).parent


@pytest.mark.parametrize("number", ["0100109106", "0300588569"])
def test_issued_tax_codes_have_their_check_digit(number: str) -> None:
    assert organisation_rules.has_check_digit(number)


@pytest.mark.parametrize("digit", "012345789")
def test_any_other_last_digit_is_wrong(digit: str) -> None:
    assert not organisation_rules.has_check_digit("010010910" + digit)


@pytest.mark.parametrize("digit", "0123456789")
def test_nine_digits_whose_check_would_be_ten_are_no_tax_code(digit: str) -> None:
    assert not organisation_rules.has_check_digit("100000008" + digit)


@pytest.mark.parametrize(
    ("birth", "name", "asked"),
    [
        ("1990-05-01", ("an", "nguyen"), True),
        ("1990-05-10", ("an", "nguyen"), False),
        ("1990-05-01", ("am", "nguyen"), False),
    ],
)
def test_another_sex_is_asked_about_only_where_all_else_is_the_same(
    birth: str, name: tuple[str, ...], asked: bool
) -> None:
    one = Particulars(("an", "nguyen"), "1990-05-01", "male", None, None)
    other = Particulars(name, birth, "female", None, None)

    assert (likeness.compare(one, other, same_unit=True) is not None) is asked


def test_words_of_the_work_for_another_employer_are_not_shown() -> None:
    identity = {"full_name": "Nguyễn An", "sex": "male", "employee_code": "NV1", "department": "Xưởng 2"}

    views = [identity_views.shown(UnionView, UUID(int=1), identity, of_its_own=own) for own in (True, False)]
    shown = [view.model_dump(exclude_none=True) for view in views]

    assert shown[0].items() - shown[1].items() == {("employee_code", "NV1"), ("department", "Xưởng 2")}
    assert shown[1] == {"worker_id": UUID(int=1), "full_name": "Nguyễn An", "sex": "male"}


@pytest.mark.parametrize(
    ("child", "parent", "may"),
    [
        ("LDLD_TINH", "TLD", True),
        ("CDCS", "CD_KCN", True),
        ("CDCS", "LDLD_TINH", True),
        ("CDCS", "CDCS", True),
        ("CD_XA", "CDCS", False),
        ("LDLD_TINH", "LDLD_TINH", False),
        ("CDCS", "EMPLOYER", False),
        ("EMPLOYER", "PARK", True),
        ("PARK", "EMPLOYER", False),
        ("EMPLOYER", "CDCS", False),
    ],
)
def test_who_may_stand_under_whom(child: str, parent: str, may: bool) -> None:
    assert organisation_rules.may_stand_under(child, parent) == may


@pytest.mark.parametrize(("shift", "valid"), [((420, 900), True), ((1320, 1800), True), ((600, 600), False),
                                              ((1440, 1500), False), ((0, 1441), False)])  # fmt: skip
def test_a_shift_begins_on_its_day_and_lasts_a_day_at_most(shift: tuple[int, int], valid: bool) -> None:
    assert line_rules.is_shift(*shift) == valid


def test_every_commune_belongs_to_a_province_of_its_code_system() -> None:
    known = places.current()

    assert {province for province, _ in known.communes.values()} == set(known.provinces)
    assert all(re.fullmatch(r"\d{5}", code) for code in known.communes)


def test_every_problem_that_is_raised_is_said_in_both_languages() -> None:
    raised = {
        code
        for path in SOURCES.glob("*.py")
        for code in re.findall(r"(?:problem\(|return )\"([a-z_]+\.[a-z_]+)\"", path.read_text(encoding="utf-8"))
    }

    assert raised <= problems.MESSAGES.keys() | codes.catalogue().keys()
    assert all(vi and en for vi, en in problems.MESSAGES.values())


def test_every_doubt_about_a_person_is_a_warning_that_the_catalogue_explains() -> None:
    doubts = (
        matching.NUMBER_OF_ANOTHER, matching.SAME_PERSON_OTHER_NUMBER, matching.SUSPECTED_DUPLICATE,
        matching.SHARED_NUMBER, likeness.SIMILAR_NAME, likeness.NAME_ORDER, likeness.SAME_NAME_ELSEWHERE,
        likeness.SIMILAR_BIRTH, likeness.OTHER_SEX, likeness.MISTYPED_NUMBER,
    )  # fmt: skip

    assert {codes.severity(code) for code in doubts} == {"warning"}
