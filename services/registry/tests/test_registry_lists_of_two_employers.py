"""Lists of two employers about the same people: neither is held against what the other said of its own work."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from registry_builders import UNIT, Register, Taken, a_person, a_roster, a_sheet, an_organisation, says

from contracts.registry import WorkerChanged
from contracts.unions import LeavingConfirmed
from registry import workers
from registry.consumers import consumer

pytestmark = pytest.mark.stack

OTHER, THIRD = UUID(int=3), UUID(int=4)
MILL, SHOP, QUARRY = UUID(int=11), UUID(int=12), UUID(int=13)
WINTER = date(2026, 12, 1)
FIRST, SECOND = "01/01/2020", "01/01/2021"


async def employers(register: Register) -> None:
    """Three units and three employers."""
    await register.with_units(UNIT, OTHER, THIRD)
    for id_ in (MILL, SHOP, QUARRY):
        firm = an_organisation(organisation_id=id_, kind="EMPLOYER", code=f"DN-{id_.int}", parent_id=None)
        await register.hear(says(firm))


async def listed(register: Register, employer_id: UUID | None, unit_id: UUID, *rows: list[Any], **said: Any) -> Taken:
    """A roster of an employer in a unit."""
    return await register.take(
        *rows, unit_id=unit_id, employer_id=employer_id, **{"reference_date": WINTER, "header": None} | said
    )


async def counts_in(register: Register) -> dict[UUID, int]:
    """How many members each unit has."""
    async with register.database.transaction() as tx:
        return await workers.count(tx, [UNIT, OTHER, THIRD])


async def test_a_list_without_an_employer_moves_nobody_who_works_in_its_unit(register: Register) -> None:
    await employers(register)
    for day in (date(2026, 1, 1), date(2026, 6, 1)):
        await listed(register, MILL, UNIT, a_person(3, since=None), reference_date=day)
    await listed(register, SHOP, OTHER, a_person(3, since=None), reference_date=date(2026, 2, 1))

    unsaid = await listed(register, None, UNIT, a_person(3, since=None), reference_date=date(2026, 5, 1))

    assert unsaid.effects == ["unchanged"]
    assert await counts_in(register) == {UNIT: 1}


async def test_employers_who_list_somebody_in_turns_without_hire_dates_do_not_take_them_from_each_other(
    register: Register,
) -> None:
    await employers(register)
    in_turns = [(MILL, UNIT), (SHOP, OTHER)] * 3

    effects = [
        (await listed(register, *who, a_person(3, since=None), reference_date=date(2026, month, 1))).effects
        for month, who in enumerate(in_turns, start=1)
    ]

    assert effects == [["registered"], ["moved"], ["moved"], ["unchanged"], ["unchanged"], ["unchanged"]]
    assert await counts_in(register) == {UNIT: 1}


async def test_what_ended_by_a_word_of_the_unit_begins_anew_when_it_is_listed_again(register: Register) -> None:
    await employers(register)
    first = await listed(register, MILL, UNIT, a_person(3, since=None), reference_date=date(2026, 1, 1))
    left = LeavingConfirmed(unit_id=UNIT, worker_ids=first.worker_ids, left_on=date(2026, 1, 31))
    await register.hear(says(left))
    await listed(register, SHOP, OTHER, a_person(3, since=None), reference_date=date(2026, 2, 1))

    back = await listed(register, MILL, UNIT, a_person(3, since=None), reference_date=date(2026, 7, 1))

    assert (back.effects, back.of(WorkerChanged)[0].employments) == (["moved"], [])


async def test_whoever_left_one_of_two_employers_is_not_brought_back_by_its_list_of_before(register: Register) -> None:
    await employers(register)
    ground = await listed(register, SHOP, OTHER, a_person(3, since=SECOND))
    await listed(register, MILL, UNIT, a_person(3, since=FIRST))
    await register.hear(says(LeavingConfirmed(unit_id=OTHER, worker_ids=ground.worker_ids, left_on=WINTER)))

    late = await listed(register, SHOP, OTHER, a_person(3, since=SECOND), based_on=ground.assessed.roster_id)

    assert (late.effects, late.of(WorkerChanged)) == (["unchanged"], [])
    open_now = "SELECT unit_id FROM open_employments"
    assert [row["unit_id"] for row in await register.database.pool.fetch(open_now)] == [UNIT]


async def test_what_one_employer_changed_is_no_conflict_with_the_list_of_another_of_the_unit(
    register: Register,
) -> None:
    await employers(register)
    await listed(register, MILL, UNIT, a_person(3, hazards="Tiếng ồn", since=FIRST))
    shop = a_person(3, hazards="Bụi silic", since=SECOND)
    ground = await listed(register, SHOP, UNIT, shop)
    await listed(register, MILL, UNIT, a_person(3, hazards="Nóng", phone="0912000111", since=FIRST))

    late = await listed(register, SHOP, UNIT, shop, based_on=ground.assessed.roster_id)

    assert (late.effects, late.assessed.conflict) == (["unchanged"], None)


async def test_two_who_work_on_the_list_of_a_second_employer_do_not_undo_each_other(register: Register) -> None:
    await employers(register)
    await listed(register, MILL, UNIT, a_person(3, since=FIRST))
    ground = await listed(register, SHOP, OTHER, a_person(3, hazards="Bụi silic", since=SECOND))
    based_on = ground.assessed.roster_id
    await listed(register, SHOP, OTHER, a_person(3, hazards="Nóng", since=SECOND), based_on=based_on)

    late = await listed(register, SHOP, OTHER, a_person(3, hazards="Bụi silic", since=FIRST), based_on=based_on)
    third = await listed(register, SHOP, OTHER, a_person(3, hazards="Tiếng ồn", since=FIRST), based_on=based_on)

    exposures = "SELECT exposures FROM further_employments"
    assert late.effects == ["changed"]
    assert third.effects == ["refused"]
    assert await register.database.pool.fetchval(exposures) == ["PHYS_HEAT"]


async def test_who_counted_by_a_second_employer_for_a_moment_has_counted_there(register: Register) -> None:
    await employers(register)
    await listed(register, MILL, UNIT, a_person(3, since=SECOND), reference_date=date(2026, 3, 1))
    await listed(register, SHOP, OTHER, a_person(3, since="01/06/2021"), reference_date=date(2026, 3, 1))
    sheets = [
        a_roster(register.key, a_sheet(a_person(3, since=FIRST)), unit_id=OTHER, employer_id=SHOP,
                 reference_date=date(2026, 3, 1), roster_id=UUID(int=1)),
        a_roster(register.key, a_sheet(a_person(3, since="01/09/2026")), unit_id=THIRD, employer_id=QUARRY,
                 reference_date=WINTER, roster_id=UUID(int=2)),
    ]  # fmt: skip

    # The first is complete before the second; both take effect together.
    await register.deliver(consumer, register.database, [says(event) for event in sheets[0].events])
    said = await register.hear(*(says(event) for event in sheets[1].events))

    assert [event.unit_id for event in said if isinstance(event, WorkerChanged)] == [OTHER, THIRD]
    async with register.database.transaction() as tx:
        assert await workers.count_ever(tx, [UNIT, OTHER, THIRD]) == {UNIT: 1, OTHER: 1, THIRD: 1}
