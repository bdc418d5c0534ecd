"""One person stays one worker through corrections, moves and half-filled lists; two people are never made one."""

from uuid import UUID

import pytest
from registry_builders import UNIT, Register, a_person

from registry import likeness

pytestmark = pytest.mark.stack

OTHER_UNIT = UUID(int=3)


async def reasons(register: Register) -> list[tuple[str, ...]]:
    rows = await register.database.pool.fetch("SELECT reasons FROM reviews")
    return [tuple(row["reasons"]) for row in rows]


async def numbers(register: Register, kind: str) -> list[tuple[bool, bool]]:
    """(verified, in use) of every number of a type, the unverified first."""
    rows = await register.database.pool.fetch(
        "SELECT verified, valid_to IS NULL AS used FROM identifiers WHERE type = $1 ORDER BY verified, used", kind
    )
    return [(row["verified"], row["used"]) for row in rows]


async def test_a_citizens_number_finds_a_worker_in_another_unit(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    first = await register.take(a_person(1))

    moved = await register.take(a_person(1, code="X1"), unit_id=OTHER_UNIT)

    assert moved.effects == ["moved"]
    assert moved.worker_ids[0] == first.worker_ids[0]
    assert [event.unit_id for event in moved.worker_events] == [OTHER_UNIT]


async def test_a_row_without_any_number_finds_its_worker_by_name_birth_and_sex_in_the_unit_alone(
    register: Register,
) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    bare = a_person(1, cccd=None, code=None)
    await register.take(bare)

    again = await register.take(bare)
    elsewhere = await register.take(bare, unit_id=OTHER_UNIT)

    assert (again.effects, elsewhere.effects) == (["unchanged"], ["review"])
    assert await reasons(register) == [("identity.same_name_elsewhere",)]


async def test_a_list_with_less_in_it_takes_nothing_away(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(3))

    short = await register.take(a_person(3)[:4], header=["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD"])
    again = await register.take(a_person(3))

    assert (short.effects, short.worker_events) == (["unchanged"], [])
    assert (again.effects, again.worker_events) == (["unchanged"], [])


async def test_a_corrected_name_is_a_change_without_news_for_others(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(1))

    corrected = await register.take(a_person(1, name="Nguyễn Ân Bình"))
    again = await register.take(a_person(1, name="Nguyễn Ân Bình"))

    assert (corrected.effects, corrected.worker_events) == (["changed"], [])
    assert again.effects == ["unchanged"]


async def test_a_corrected_citizens_number_keeps_the_former_one_as_history(register: Register) -> None:
    await register.with_units()
    first = await register.take(a_person(1))

    corrected = await register.take(a_person(1, cccd="002171999999"))

    assert corrected.effects == ["changed"]
    assert corrected.worker_ids[0] == first.worker_ids[0]
    assert await numbers(register, "cccd") == [(True, False), (True, True)]


async def test_an_employee_number_makes_nobody_of_another_citizens_number_and_birth_date_the_same(
    register: Register,
) -> None:
    await register.with_units()
    first = await register.take(a_person(1))

    namesake = await register.take(a_person(1, cccd="002171999999", birth="09/09/1985"))

    assert namesake.worker_ids[0] != first.worker_ids[0]
    assert await numbers(register, "cccd") == [(True, True), (True, True)]


async def test_an_employee_number_that_is_given_to_the_next_one_is_nobodys_doubt(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(1))

    successor = await register.take(a_person(25, code=a_person(1)[4]))

    assert successor.effects == ["registered"]
    assert await reasons(register) == []


async def test_namesakes_of_one_birth_date_with_two_employee_numbers_are_two_to_be_looked_at(
    register: Register,
) -> None:
    await register.with_units()
    first = await register.take(a_person(1, cccd=None, code="A1"))

    second = await register.take(a_person(1, cccd=None, code="A2"))

    assert second.effects == ["review"]
    assert second.worker_ids[0] != first.worker_ids[0]
    assert await reasons(register) == [("duplicate.suspected",)]


@pytest.mark.parametrize(("other", "slip"), [("001090000121", True), ("001090000222", False), ("001900000111", True)])
def test_two_wrong_digits_are_a_slip_and_three_are_another_number(other: str, slip: bool) -> None:
    assert likeness.is_slip("001090000111", other) is slip


async def test_the_old_identity_card_and_the_new_one_are_one_person(register: Register) -> None:
    await register.with_units()
    old = await register.take(a_person(1, cccd="012345678", code=None))

    new = await register.take(a_person(1, code=None))
    old_again = await register.take(a_person(1, cccd="012345678", code=None))

    assert new.worker_ids[0] == old.worker_ids[0]
    assert old_again.effects == ["unchanged"]


async def test_a_citizens_number_of_somebody_else_makes_a_new_worker_to_be_looked_at(register: Register) -> None:
    await register.with_units()
    first = await register.take(a_person(1))

    taken = await register.take(a_person(2, cccd=a_person(1)[3]))
    again = await register.take(a_person(2, cccd=a_person(1)[3]))

    assert taken.effects == ["review"]
    assert taken.worker_ids[0] != first.worker_ids[0]
    assert "identity.number_of_another" in taken.rows[0].codes
    assert await numbers(register, "cccd") == [(False, True), (True, True)]
    assert again.effects == ["unchanged"]


async def test_a_namesake_with_another_number_is_another_person_to_be_looked_at(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(1, code=None))

    taken = await register.take(a_person(1, code=None, cccd="002171999999"))

    assert taken.effects == ["review"]
    assert await reasons(register) == [("identity.same_person_other_number",)]


async def test_two_rows_that_may_be_one_person_are_both_kept_and_stay_two(register: Register) -> None:
    await register.with_units()
    rows = a_person(1, cccd=None, code=None), a_person(1, code=None)

    first = await register.take(*rows)
    again = await register.take(*rows)

    assert sorted(first.effects) == ["registered", "review"]
    assert len({row.worker_id for row in first.rows}) == 2
    assert again.effects == ["unchanged", "unchanged"]


async def test_two_people_with_one_number_are_two_workers_and_neither_number_is_verified(register: Register) -> None:
    await register.with_units()
    rows = a_person(1), a_person(2, cccd=a_person(1)[3])

    first = await register.take(*rows)
    again = await register.take(*rows)

    assert first.effects == ["registered", "registered"]
    assert await numbers(register, "cccd") == [(False, True), (False, True)]
    assert again.effects == ["unchanged", "unchanged"]


async def test_another_spelling_of_a_member_without_a_number_is_to_be_looked_at(register: Register) -> None:
    await register.with_units()
    first = await register.take(a_person(1, name="Nguyễn Thị Hường", cccd=None, code=None))

    taken = await register.take(a_person(1, name="Nguyễn Thị Hương Ly", cccd=None, code=None))

    assert taken.effects == ["review"]
    row = await register.database.pool.fetchrow("SELECT other_id, reasons, score FROM reviews")
    assert row is not None
    assert (row["other_id"], row["reasons"]) == (first.worker_ids[0], ["identity.similar_name"])
    assert row["score"] > 85


async def test_somebody_with_only_a_year_of_birth_is_found_again(register: Register) -> None:
    await register.with_units()
    elder = a_person(1, birth="1958", cccd=None, code=None)
    first = await register.take(elder)

    again = await register.take(elder)

    assert [event.born for event in first.worker_events if hasattr(event, "born")] == ["1958"]
    assert again.effects == ["unchanged"]


async def test_a_person_named_twice_in_a_file_is_one_worker(register: Register) -> None:
    await register.with_units()

    taken = await register.take(a_person(1), a_person(1))

    assert taken.effects == ["registered", "duplicate"]
    assert (taken.assessed.registered, taken.assessed.duplicates, taken.assessed.members_after) == (1, 1, 1)


async def test_twins_whose_names_differ_in_a_mark_are_two_people(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(1, name="Trần Văn Hùng", cccd=None, code=None))

    plain = await register.take(a_person(1, name="TRAN VAN HUNG", cccd=None, code=None))
    twin = await register.take(a_person(1, name="Trần Văn Hưng", cccd=None, code=None))

    assert plain.effects == ["unchanged"]
    assert (twin.effects, await reasons(register)) == (["review"], [("identity.similar_name",)])


async def test_a_tone_on_the_other_vowel_is_the_same_name(register: Register) -> None:
    await register.with_units()
    first = await register.take(a_person(1, name="Lý Thị Hòa", cccd=None, code=None))

    again = await register.take(a_person(1, name="Lý Thị Hoà", cccd=None, code=None))

    assert (again.effects, again.worker_ids) == (["changed"], first.worker_ids)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "Thị Hường Nguyễn"}, "identity.name_order"),
        ({"birth": "02/01/1971"}, "identity.similar_birth_date"),
        ({"sex": "Nam"}, "identity.other_sex"),
        ({"name": "Nguyễn Thị Hườn"}, "identity.similar_name"),
    ],
)
async def test_what_is_alike_waits_for_a_registrar_with_its_reason(
    register: Register, changed: dict[str, str], reason: str
) -> None:
    await register.with_units()
    row = {"name": "Nguyễn Thị Hường", "birth": "01/02/1971", "sex": "Nữ", "cccd": None, "code": None, "phone": None}
    await register.take(a_person(1, **row))

    taken = await register.take(a_person(1, **row | changed))

    assert (taken.effects, await reasons(register)) == (["review"], [(reason,)])


async def test_a_slip_in_a_citizens_number_waits_even_in_another_unit(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    await register.take(a_person(1, code=None))
    number = str(a_person(1)[3])

    taken = await register.take(a_person(1, code=None, cccd=number[:-1] + "9"), unit_id=OTHER_UNIT)

    assert taken.effects == ["review"]
    assert await reasons(register) == [("identity.mistyped_number", "identity.same_name_elsewhere")]


async def test_a_namesake_of_another_unit_with_another_number_is_nobodys_doubt(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    await register.take(a_person(1, code=None))

    taken = await register.take(a_person(1, code=None, cccd="008171555555"), unit_id=OTHER_UNIT)

    assert (taken.effects, await reasons(register)) == (["registered"], [])


async def test_a_row_that_may_mean_either_of_two_namesakes_means_neither(register: Register) -> None:
    await register.with_units()
    twins = [a_person(1, name=f"Trần Văn {given}", cccd=None, code=None) for given in ("Hùng", "Hưng")]
    known = (await register.take(*twins)).worker_ids

    plain = await register.take(a_person(1, name="TRAN VAN HUNG", cccd=None, code=None))
    again = await register.take(a_person(1, name="TRAN VAN HUNG", cccd=None, code=None))

    assert (plain.effects, again.effects) == (["review"], ["unchanged"])
    assert plain.worker_ids[0] not in known
    pairs = await register.database.pool.fetch("SELECT other_id FROM reviews WHERE worker_id = $1", plain.worker_ids[0])
    assert {row["other_id"] for row in pairs} == set(known)
