"""Citizens' numbers, insurance numbers and telephone numbers."""

import pytest

from contracts.roster_cells import Cell
from registry.reading import identifiers, phones


@pytest.mark.parametrize(
    ("cell", "kind", "value", "codes"),
    [
        ("001090123456", "cccd", "001090123456", []),
        (" 001090123456 ", "cccd", "001090123456", []),
        ("001.090.123.456", "cccd", "001090123456", ["separators_removed"]),
        ("0010 9012 3456", "cccd", "001090123456", ["separators_removed"]),
        ("'001090123456", "cccd", "001090123456", ["separators_removed"]),
        ('="001090123456"', "cccd", "001090123456", ["separators_removed"]),
        ("001090123456.0", "cccd", "001090123456", []),
        (1090123456.0, "cccd", "001090123456", ["leading_zero_restored"]),
        (79090123456, "cccd", "079090123456", ["leading_zero_restored"]),
        ("79090123456", "cccd", "079090123456", ["leading_zero_restored"]),
        ("050095717890", "cccd", "050095717890", ["unknown_prefix"]),
        ("145991617", "cmnd", "145991617", ["old_cmnd"]),
        (12345678, "cmnd", "012345678", ["old_cmnd", "leading_zero_restored"]),
        ("12345678", None, None, ["bad_length"]),
        ("50090123456", None, None, ["bad_length"]),
        ("01234567890", None, None, ["bad_length"]),
        ("1234567", None, None, ["bad_length"]),
        ("7.92E+10", None, None, ["unrecoverable_scientific"]),
        ("7,92E+10", None, None, ["unrecoverable_scientific"]),
        (25100000000, None, None, ["unrecoverable_scientific"]),
        (None, None, None, ["missing"]),
        ("\u00a0", None, None, ["missing"]),
        ("Chưa có", None, None, ["placeholder"]),
        ("KHÔNG", None, None, ["placeholder"]),
        ("x", None, None, ["placeholder"]),
        ("-", None, None, ["placeholder"]),
        (0, None, None, ["placeholder"]),
        ("000000000000", None, None, ["placeholder"]),
        ("123456789012", None, None, ["placeholder"]),
    ],
)
def test_national_ids(cell: Cell, kind: str | None, value: str | None, codes: list[str]) -> None:
    number = identifiers.with_nationality(identifiers.read_national_id(cell), None)

    assert (number.kind, number.value) == (kind, value)
    assert list(number.codes) == [f"national_id.{code}" for code in codes]


@pytest.mark.parametrize(
    ("nationality", "kind", "code"),
    [
        ("CN", "passport", "national_id.foreign_passport"),
        ("??", "passport", "national_id.foreign_passport"),
        ("VN", None, "national_id.bad_characters"),
        (None, None, "national_id.bad_characters"),
    ],
)
def test_letters_are_a_passport_only_of_foreign_workers(nationality: str | None, kind: str | None, code: str) -> None:
    number = identifiers.with_nationality(identifiers.read_national_id("EA1234567"), nationality)

    assert (number.kind, number.codes) == (kind, (code,))


def test_a_citizens_number_tells_year_and_sex() -> None:
    facts = [identifiers.citizen_facts(number) for number in ("001090123456", "001190123456", "001305123456")]

    assert facts == [(1990, "male"), (1990, "female"), (2005, "female")]


@pytest.mark.parametrize(
    ("cell", "value", "codes"),
    [
        ("0912345678", "+84912345678", []),
        ("(091) 234.56-78", "+84912345678", []),
        ("+84 912 345 678", "+84912345678", []),
        (912345678.0, "+84912345678", ["leading_zero_restored"]),
        ("01624669057", "+84324669057", ["old_prefix_converted"]),
        ("01234567890", "+84834567890", ["old_prefix_converted"]),
        ("02438251234", "+842438251234", []),
        ("0000; 0912345678", "+84912345678", ["multiple_values"]),
        ("0912345678 - 0987654321", "+84912345678", ["multiple_values"]),
        ("0000", None, ["invalid"]),
        ("không", None, ["invalid"]),
        ("0412345678", None, ["invalid"]),
        (None, None, []),
    ],
)
def test_phones(cell: Cell, value: str | None, codes: list[str]) -> None:
    field = phones.read_phone(cell)

    assert (field.value, list(field.codes)) == (value, [f"phone.{code}" for code in codes])


@pytest.mark.parametrize(
    ("cell", "value", "codes"),
    [
        ("0841546428", "0841546428", ()),
        (893906991, "0893906991", ("social_insurance.leading_zero_restored",)),
        ("0804503", None, ("social_insurance.bad_format",)),
        ("chưa có số", None, ("social_insurance.bad_format",)),
        (None, None, ()),
    ],
)
def test_social_insurance_numbers(cell: Cell, value: str | None, codes: tuple[str, ...]) -> None:
    number = identifiers.read_social_insurance(cell)

    assert (number.value, number.codes) == (value, codes)


@pytest.mark.parametrize(("cell", "value"), [("DN 4 12 791 507 1664", "DN4127915071664"), ("DN492266696071", None)])
def test_health_insurance_cards(cell: str, value: str | None) -> None:
    assert identifiers.read_health_insurance(cell).value == value
