"""Rosters close when all of them are assessed, and nobody leaves unless a person says so."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from registry_builders import UNIT, Register, a_person, a_roster, a_sheet, says

from contracts.registry import DeclarationRefused, LeavingRecorded, RosterClosed, WorkerChanged, WorkerLeft
from contracts.unions import LeavingConfirmed
from contracts.unions import RosterClosed as RosterIsClosed

pytestmark = pytest.mark.stack

OTHER_UNIT = UUID(int=3)
LEFT_ON = date(2026, 11, 30)


async def test_confirmed_leavers_leave_once(register: Register) -> None:
    await register.with_units()
    gone = (await register.take(a_person(1), a_person(2))).worker_ids[0]
    confirmed = LeavingConfirmed(unit_id=UNIT, worker_ids=[gone, uuid4()], left_on=LEFT_ON)

    first = await register.hear(says(confirmed))
    second = await register.hear(says(confirmed))

    assert first == [
        WorkerLeft(worker_id=gone, unit_id=UNIT, left_on=LEFT_ON),
        LeavingRecorded(unit_id=UNIT, left=1, already_left=0, unknown=1),
    ]
    assert second == [LeavingRecorded(unit_id=UNIT, left=0, already_left=1, unknown=1)]


async def test_whoever_left_and_is_named_again_has_come_back(register: Register) -> None:
    await register.with_units()
    gone = (await register.take(a_person(1))).worker_ids[0]
    await register.hear(says(LeavingConfirmed(unit_id=UNIT, worker_ids=[gone], left_on=LEFT_ON)))

    back = await register.take(a_person(1))

    assert back.effects == ["changed"]
    assert [(type(event), event.worker_id) for event in back.worker_events] == [(WorkerChanged, gone)]
    assert (back.assessed.members_before, back.assessed.members_after) == (0, 1)


async def test_a_unit_confirms_no_leavers_of_another(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    member = (await register.take(a_person(1))).worker_ids[0]

    said = await register.hear(says(LeavingConfirmed(unit_id=UNIT, worker_ids=[member], left_on=LEFT_ON), OTHER_UNIT))
    own = await register.hear(
        says(LeavingConfirmed(unit_id=OTHER_UNIT, worker_ids=[member], left_on=LEFT_ON), OTHER_UNIT)
    )

    assert [type(event) for event in said] == [DeclarationRefused]
    assert own == [LeavingRecorded(unit_id=OTHER_UNIT, left=0, unknown=1)]


async def test_closing_waits_until_every_roster_named_is_assessed(register: Register) -> None:
    await register.with_units()
    first, second = (a_roster(register.key, a_sheet(a_person(number))) for number in (1, 2))
    named = [first.manifest.roster_id, second.manifest.roster_id]
    closed = RosterIsClosed(unit_id=UNIT, campaign_id=UUID(int=9), roster_ids=named)

    early = await register.hear(says(closed))
    halfway = await register.hear(*map(says, first.events))
    late = await register.hear(*map(says, second.events))

    answer = RosterClosed(unit_id=UNIT, campaign_id=UUID(int=9), workers=2, workers_ever=2)
    assert early == []
    assert answer not in halfway
    assert late[-1] == answer


async def test_workers_ever_counts_those_who_left_or_moved_away(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    taken = await register.take(a_person(1), a_person(2), a_person(3))
    leaving = LeavingConfirmed(unit_id=UNIT, worker_ids=[taken.worker_ids[0]], left_on=LEFT_ON)
    await register.hear(says(leaving))
    moved = await register.take(a_person(2), unit_id=OTHER_UNIT)

    said = await register.hear(says(RosterIsClosed(unit_id=UNIT, campaign_id=UUID(int=9), roster_ids=[])))

    assert moved.effects == ["moved"]
    assert said == [RosterClosed(unit_id=UNIT, campaign_id=UUID(int=9), workers=1, workers_ever=3)]


async def test_closing_with_the_roster_of_another_unit_is_refused(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    theirs = (await register.take(a_person(1), unit_id=OTHER_UNIT)).assessed.roster_id

    said = await register.hear(says(RosterIsClosed(unit_id=UNIT, campaign_id=UUID(int=9), roster_ids=[theirs])))

    assert [type(event) for event in said] == [DeclarationRefused]
