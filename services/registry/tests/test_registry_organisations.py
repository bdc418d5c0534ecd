"""The tree of organisations: dated, re-parented with history, and spoken of only by those above."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from registry_builders import PROVINCE, UNIT, Register, a_federation, a_line, an_organisation, says

from contracts.coordination import DayStarted
from contracts.registry import (
    DeclarationRefused,
    DeclarationUnchanged,
    LineChanged,
    LineRegistered,
    OrganisationChanged,
    OrganisationRegistered,
)
from contracts.unions import OrganisationDeclared
from registry import authority

pytestmark = pytest.mark.stack

PARK_UNION = UUID(int=7)


def a_park_union() -> OrganisationDeclared:
    return an_organisation(organisation_id=PARK_UNION, kind="CD_KCN", name="Công đoàn các KCN", code="KCN")


async def tree(register: Register, day: date) -> dict[UUID, UUID | None]:
    rows = await register.database.pool.fetch("SELECT organisation_id, parent_id FROM tree_as_of($1)", day)
    return {row["organisation_id"]: row["parent_id"] for row in rows}


async def test_a_whole_tree_may_come_in_any_order(register: Register) -> None:
    said = await register.hear(says(an_organisation(parent_id=PARK_UNION)), says(a_park_union()), says(a_federation()))

    assert [event.organisation_id for event in said if isinstance(event, OrganisationRegistered)] == [
        PROVINCE, PARK_UNION, UNIT,
    ]  # fmt: skip


async def test_a_child_waits_for_a_parent_that_nobody_has_declared(register: Register) -> None:
    early = await register.hear(says(an_organisation()))
    late = await register.hear(says(a_federation()))

    assert early == []
    assert {event.organisation_id for event in late if isinstance(event, OrganisationRegistered)} == {PROVINCE, UNIT}


async def test_a_declaration_of_the_same_says_that_nothing_changed(register: Register) -> None:
    await register.with_units()

    said = await register.hear(says(an_organisation(valid_from=date(2026, 1, 1))))

    assert said == [DeclarationUnchanged(subject_id=UNIT)]


async def test_a_later_parent_changes_the_tree_from_its_day_and_keeps_what_was(register: Register) -> None:
    await register.with_units()
    await register.hear(says(a_park_union()))

    said = await register.hear(says(an_organisation(parent_id=PARK_UNION, valid_from=date(2026, 3, 1))))

    assert [type(event) for event in said] == [OrganisationChanged]
    assert (await tree(register, date(2026, 2, 28)))[UNIT] == PROVINCE
    assert (await tree(register, date(2026, 3, 1)))[UNIT] == PARK_UNION
    assert UNIT not in await tree(register, date(2025, 6, 30))


async def test_who_may_speak_of_a_unit_follows_the_day(register: Register) -> None:
    await register.with_units()
    await register.hear(says(a_park_union()))
    await register.hear(says(an_organisation(parent_id=PARK_UNION, valid_from=date(2026, 3, 1))))

    async with register.database.transaction() as tx:
        before = await authority.paths(tx, [UNIT, PARK_UNION], date(2026, 2, 28))
        after = await authority.paths(tx, [UNIT, PARK_UNION], date(2026, 3, 1))

    assert before.upwards == {UNIT: [UNIT, PROVINCE], PARK_UNION: [PARK_UNION, PROVINCE]}
    assert after.upwards == {UNIT: [UNIT, PARK_UNION, PROVINCE], PARK_UNION: [PARK_UNION, PROVINCE]}
    assert not before.allow(f"unions/{PARK_UNION}", UNIT)
    assert after.allow(f"unions/{PARK_UNION}", UNIT)


async def test_a_refusal_names_every_problem_at_once(register: Register) -> None:
    await register.with_units()
    broken = an_organisation(
        organisation_id=uuid4(), name=" ", province_code="99", tax_code="0100109107", kind="TLD", code=""
    )

    (refused,) = await register.hear(says(broken))

    assert isinstance(refused, DeclarationRefused)
    assert {problem.code for problem in refused.problems} == {
        "organisation.name_missing", "organisation.code_missing", "place.province_unknown",
        "tax_code.bad_check_digit", "organisation.parent_kind",
    }  # fmt: skip
    assert all(problem.message_vi and problem.message_en for problem in refused.problems)


@pytest.mark.parametrize("name", ["Công đoàn \u202egnp.exe", "Công đoàn\u200b A", "Công đoàn\x07", "x" * 301])
async def test_a_name_that_no_reader_can_read_is_refused(register: Register, name: str) -> None:
    await register.with_units()
    odd = an_organisation(organisation_id=uuid4(), name=name, code="C\r\nX: y")

    (refused,) = await register.hear(says(odd))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == ["organisation.name_invalid", "organisation.code_invalid"]


async def test_a_commune_lies_in_its_own_province(register: Register) -> None:
    await register.with_units()
    in_hanoi = an_organisation(organisation_id=uuid4(), province_code="08", commune_code="00004")

    (refused,) = await register.hear(says(in_hanoi))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == ["place.commune_of_another_province"]


async def test_nobody_becomes_their_own_ancestor(register: Register) -> None:
    await register.with_units()
    child = an_organisation(organisation_id=UUID(int=8), parent_id=UNIT, code="CDCS-8")
    await register.hear(says(child))

    (refused,) = await register.hear(says(an_organisation(parent_id=child.organisation_id)))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == ["organisation.parent_is_below"]


async def test_a_newcomer_is_not_its_own_parent_and_waits_for_nobody(register: Register) -> None:
    await register.with_units()
    itself = UUID(int=8)

    (refused,) = await register.hear(says(an_organisation(organisation_id=itself, parent_id=itself)))

    assert isinstance(refused, DeclarationRefused)
    assert "organisation.parent_is_below" in [problem.code for problem in refused.problems]


async def test_two_that_would_stand_under_each_other_both_wait(register: Register) -> None:
    await register.with_units()
    one, other = UUID(int=8), UUID(int=9)

    said = await register.hear(
        says(an_organisation(organisation_id=one, parent_id=other)),
        says(an_organisation(organisation_id=other, parent_id=one)),
    )

    assert said == []
    assert await register.database.pool.fetchval("SELECT count(*) FROM waiting") == 2


async def test_a_union_declares_nothing_outside_its_own_subtree(register: Register) -> None:
    other, stranger = UUID(int=50), uuid4()
    await register.with_units()
    await register.hear(says(a_federation(organisation_id=other, code="LDLD-2"), other))

    taken_over = await register.hear(says(an_organisation(name="Khác"), other))
    slipped_in = await register.hear(says(an_organisation(organisation_id=stranger), other))
    pulled_away = await register.hear(says(an_organisation(parent_id=other)))

    for said in (taken_over, slipped_in, pulled_away):
        assert [type(event) for event in said] == [DeclarationRefused]
    assert (await tree(register, date(2026, 1, 1))).keys() == {PROVINCE, UNIT, other}


async def test_authority_follows_the_business_day(register: Register) -> None:
    await register.with_units()
    await register.hear(says(a_park_union()), DayStarted(day=date(2026, 2, 1)))
    await register.hear(says(an_organisation(parent_id=PARK_UNION, valid_from=date(2026, 3, 1))))

    before = await register.hear(says(an_organisation(name="CĐCS Mới", valid_from=date(2026, 2, 2)), PARK_UNION))
    await register.hear(DayStarted(day=date(2026, 3, 1)))
    after = await register.hear(
        says(an_organisation(name="CĐCS Mới", parent_id=PARK_UNION, valid_from=date(2026, 3, 2)), PARK_UNION)
    )

    assert [type(event) for event in before + after] == [DeclarationRefused, OrganisationChanged]


async def test_an_employer_is_changed_only_by_who_declared_it_or_stands_above_them(register: Register) -> None:
    employer = an_organisation(organisation_id=UUID(int=60), kind="EMPLOYER", parent_id=None, tax_code="0100109106")
    other = UUID(int=50)
    await register.with_units()
    await register.hear(says(a_federation(organisation_id=other, code="LDLD-2"), other))
    await register.hear(says(employer, UNIT))

    refused = await register.hear(says(employer.model_copy(update={"name": "Khác"}), other))
    changed = await register.hear(says(employer.model_copy(update={"name": "Khác"}), PROVINCE))

    assert [type(event) for event in refused + changed] == [DeclarationRefused, OrganisationChanged]


async def test_a_line_is_registered_changed_or_unchanged(register: Register) -> None:
    await register.with_units()
    line = a_line()

    said = [
        *await register.hear(says(line)),
        *await register.hear(says(line)),
        *await register.hear(says(line.model_copy(update={"headcount": 60}))),
    ]

    assert [type(event) for event in said] == [LineRegistered, DeclarationUnchanged, LineChanged]


async def test_a_line_of_an_unknown_unit_waits_for_it(register: Register) -> None:
    early = await register.hear(says(a_line()))
    late = await register.hear(says(a_federation()), says(an_organisation()))

    assert early == []
    assert [type(event) for event in late].count(LineRegistered) == 1


async def test_a_line_is_declared_by_those_above_its_unit_alone(register: Register) -> None:
    await register.with_units(UNIT, UUID(int=9))

    (refused,) = await register.hear(says(a_line(), UUID(int=9)))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == ["organisation.outside_subtree"]


async def test_a_line_stays_with_its_unit(register: Register) -> None:
    await register.with_units(UNIT, UUID(int=9))
    line = a_line()
    await register.hear(says(line))

    (refused,) = await register.hear(says(line.model_copy(update={"unit_id": UUID(int=9)})))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == ["line.of_another_unit"]


async def test_a_line_with_an_impossible_shift_or_site_is_refused(register: Register) -> None:
    await register.with_units()

    (refused,) = await register.hear(says(a_line(site="99999", shifts=[(600, 300)])))

    assert isinstance(refused, DeclarationRefused)
    assert [problem.code for problem in refused.problems] == ["place.commune_unknown", "line.shift_invalid"]


async def test_all_provinces_and_communes_are_loaded_with_their_code_system(register: Register) -> None:
    counts = await register.database.pool.fetchrow(
        "SELECT (SELECT count(*) FROM provinces WHERE code_system = '2025-07-01'), "
        "(SELECT count(*) FROM communes WHERE code_system = '2025-07-01')"
    )

    assert counts is not None
    assert tuple(counts) == (34, 3321)
