"""A code of a place means nothing without its code system: trees and places as of a day, told apart by it."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from registry_builders import PROVINCE, UNIT, Register, a_federation, an_organisation, says

from contracts.organisations import FormerPlace
from contracts.registry import DeclarationRefused, DeclarationUnchanged, OrganisationChanged, OrganisationRegistered
from registry import persons, place_tables
from registry.reading.places import CODE_SYSTEM, FORMER_SYSTEM, provinces_of, system_of

pytestmark = pytest.mark.stack

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
EMPLOYER, PARK = UUID(int=60), UUID(int=61)
YEN_BAI = FormerPlace(code_system="2008-08-01", province_code="15", commune_code="04279")


def of_yen_bai(**changed: Any) -> Any:
    """A unit of a province whose code, 15, is another province's today: it became a part of that one."""
    fields: dict[str, Any] = {"province_code": "15", "valid_from": date(2020, 1, 1), "former_place": YEN_BAI}
    return an_organisation(**fields | changed)


async def rows(register: Register, query: str, *args: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, the tables of places loaded as at a start."""
    async with register.database.transaction() as tx:
        await place_tables.load(tx)
        return [tuple(row.values()) for row in await tx.fetch(query, *args)]


async def test_the_administrative_tree_of_a_day_is_one_query(register: Register) -> None:
    query = (
        "SELECT code_system, count(*) FILTER (WHERE parent_code IS NULL) FROM administrative_tree_as_of($1) GROUP BY 1"
    )
    name = "SELECT name FROM administrative_tree_as_of($1) WHERE code = '15' AND parent_code IS NULL"

    assert await rows(register, query, BEFORE) == [("2008-08-01", 63)]
    assert await rows(register, query, AFTER) == [("2025-07-01", 34)]
    assert await rows(register, query, date(2000, 1, 1)) == []
    assert await rows(register, name, BEFORE) == [("Yên Bái",)]
    assert (await rows(register, name, AFTER))[0][0].endswith("Lào Cai")


async def test_unions_and_workplaces_of_a_day_are_one_query_each(register: Register) -> None:
    await register.with_units()
    await register.hear(
        says(an_organisation(organisation_id=PARK, kind="PARK", code="KCN", parent_id=None)),
        says(an_organisation(organisation_id=EMPLOYER, kind="EMPLOYER", code="DN", parent_id=None)),
    )
    moved = date(2026, 3, 1)
    await register.hear(
        says(an_organisation(organisation_id=EMPLOYER, kind="EMPLOYER", code="DN", parent_id=PARK, valid_from=moved))
    )
    unions, workplaces = (
        f"SELECT organisation_id, parent_id FROM {tree}_tree_as_of($1) ORDER BY 1" for tree in ("union", "workplace")
    )

    assert await rows(register, unions, moved) == [(PROVINCE, None), (UNIT, PROVINCE)]
    assert await rows(register, workplaces, date(2026, 2, 28)) == [(EMPLOYER, None), (PARK, None)]
    assert await rows(register, workplaces, moved) == [(EMPLOYER, PARK), (PARK, None)]


async def test_where_a_unit_stood_is_told_by_the_codes_of_the_day(register: Register) -> None:
    await register.hear(says(a_federation(province_code="15", valid_from=date(2020, 1, 1))))

    said = await register.hear(says(of_yen_bai(commune_code=None)))

    (registered,) = [event for event in said if isinstance(event, OrganisationRegistered)]
    place = "SELECT code_system, province_code, commune_code FROM places_as_of($1) WHERE organisation_id = $2"
    assert (registered.code_system, registered.province_code, registered.former_place) == ("2025-07-01", "15", YEN_BAI)
    assert await rows(register, place, BEFORE, UNIT) == [("2008-08-01", "15", "04279")]
    assert await rows(register, place, AFTER, UNIT) == [("2025-07-01", "15", None)]
    assert await rows(register, place, BEFORE, PROVINCE) == [("2025-07-01", "15", None)]


async def test_a_former_place_is_history_like_anything_else_of_a_unit(register: Register) -> None:
    await register.with_units()
    ha_giang = FormerPlace(code_system="2008-08-01", province_code="02")

    known_now = await register.hear(says(an_organisation(former_place=ha_giang)))
    again = await register.hear(says(an_organisation(former_place=ha_giang)))

    assert [type(event) for event in known_now + again] == [OrganisationChanged, DeclarationUnchanged]


@pytest.mark.parametrize(
    ("former", "code"),
    [
        ({"province_code": "99"}, "place.former_province_unknown"),
        ({"province_code": "10"}, "place.became_another_province"),
        ({"province_code": "02", "commune_code": "7"}, "place.former_commune_malformed"),
    ],
)
async def test_a_former_place_that_cannot_be_is_refused(register: Register, former: dict[str, str], code: str) -> None:
    await register.with_units()
    place = FormerPlace.model_validate({"code_system": "2008-08-01", **former})

    (refused,) = await register.hear(says(an_organisation(organisation_id=UUID(int=9), former_place=place)))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == [code]


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [("10", AFTER, "2008-08-01"), ("15", AFTER, None), ("15", BEFORE, "2008-08-01"), ("98", AFTER, None)],
)
async def test_a_province_code_on_a_roster_is_kept_with_the_system_it_is_of(
    register: Register, code: str, day: date, expected: str | None
) -> None:
    await register.with_units()

    row = ["Nguyễn Thị An", "199003040000", "2", "002190000101", code]
    header = ["HO_TEN", "NGAY_SINH", "GIOI_TINH", "SO_CCCD", "MATINH_CU_TRU"]
    taken = await register.take(row, header=header, reference_date=day)

    async with register.database.transaction() as tx:
        (identity,) = (await persons.open_identities(tx, register.vault, taken.worker_ids)).values()
    assert (identity["residence_province_code"], identity.get("residence_code_system")) == (code, expected)


def test_every_former_province_became_one_of_today_and_every_one_of_today_was_made_of_some() -> None:
    former, now = provinces_of(FORMER_SYSTEM), provinces_of(CODE_SYSTEM)
    renamed = {code for code in former.keys() & now.keys() if former[code].name != now[code].name}

    assert (len(former), {province.became for province in former.values()}) == (63, now.keys())
    assert renamed == {"15", "24", "44", "46", "52", "80", "82", "91"}
    assert [system_of(code, AFTER) for code in ("01", "27", "99")] == [CODE_SYSTEM, FORMER_SYSTEM, None]
