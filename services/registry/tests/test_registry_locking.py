"""Two who work on one list: what one leaves alone stays as the other made it, and two words on one field are shown."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from registry_builders import UNIT, Register, Taken, a_line, a_person, says

from contracts.fields import FieldConflict
from contracts.registry import WorkerChanged
from contracts.rosters import RosterRowsAnswered
from contracts.unions import LeavingConfirmed
from registry import persons, roster_answers, roster_steps, upkeep

pytestmark = pytest.mark.stack

LEFT_ON = date(2026, 11, 30)


async def a_ground(register: Register) -> UUID:
    """A roster of three people, which two senders have before them."""
    await register.with_units()
    return (await register.take(a_person(1), a_person(2), a_person(3))).assessed.roster_id


async def identity(register: Register, worker_id: UUID) -> persons.Identity:
    """Who somebody is by now."""
    async with register.database.transaction() as tx:
        return (await persons.open_identities(tx, register.vault, [worker_id]))[worker_id]


async def test_the_same_field_of_the_same_person_is_refused_and_both_versions_are_shown(register: Register) -> None:
    ground = await a_ground(register)
    second = await register.take(a_person(1, hazards="Nóng"), a_person(4), based_on=ground)

    late = await register.take(a_person(1, hazards="Bụi silic"), a_person(5), based_on=ground)

    assert second.assessed.file_outcome == "accepted"
    assert late.effects == ["refused", "registered"]
    assert (late.rows[0].outcome, late.rows[0].codes) == ("refused", ["row.outdated"])
    assert (late.assessed.refused, late.of(WorkerChanged)) == (1, [])
    conflict = late.assessed.conflict
    assert conflict is not None
    assert conflict.theirs is not None
    assert conflict.ours is not None
    assert (conflict.theirs.roster_id, conflict.ours.roster_id) == (ground, second.assessed.roster_id)
    assert conflict.theirs.effects == {"registered": 3}
    assert conflict.ours.effects == {"changed": 1, "registered": 1}
    assert conflict.rows == [
        FieldConflict(
            row=late.rows[0].row, field="hazard_codes", roster_id=second.assessed.roster_id, theirs="DUST_SI",
            ours="PHYS_HEAT",
        )
    ]  # fmt: skip


async def test_other_people_of_one_list_are_no_conflict(register: Register) -> None:
    ground = await a_ground(register)
    await register.take(a_person(1, hazards="Nóng"), a_person(2), a_person(3), based_on=ground)

    late = await register.take(a_person(1), a_person(2, hazards="Bụi silic"), a_person(3), based_on=ground)

    assert late.effects == ["unchanged", "changed", "unchanged"]
    assert late.assessed.conflict is None
    assert [[e.hazard for e in event.exposures] for event in late.of(WorkerChanged)] == [["DUST_SI"]]


async def test_other_fields_of_one_person_are_no_conflict_and_both_changes_hold(register: Register) -> None:
    ground = await a_ground(register)
    (worker_id,) = (await register.take(a_person(1, hazards="Nóng", phone="0912345678"), based_on=ground)).worker_ids

    late = await register.take(a_person(1, since="01/06/2021"), based_on=ground)

    (changed,) = late.of(WorkerChanged)
    assert ([e.hazard for e in changed.exposures], changed.employed_since) == (["PHYS_HEAT"], date(2021, 6, 1))
    assert (await identity(register, worker_id))["phone"].endswith("912345678")


async def test_who_somebody_is_stands_in_no_answer(register: Register) -> None:
    ground = await a_ground(register)
    await register.take(a_person(1, phone="0912345678"), based_on=ground)

    late = await register.take(a_person(1, phone="0987654321"), based_on=ground)

    assert late.assessed.conflict is not None
    (row,) = late.assessed.conflict.rows
    assert (row.field, row.theirs, row.ours) == ("phone", None, None)
    told = [event.model_dump_json() for event in late.said]
    assert not [text for text in told if "12345678" in text or "87654321" in text]


async def test_a_name_that_was_corrected_since_is_not_undone_and_still_finds_its_person(register: Register) -> None:
    ground = await a_ground(register)
    correct = a_person(1, name="Nguyễn Thị Ánh")
    (worker_id,) = (await register.take(correct, based_on=ground)).worker_ids

    late = await register.take(a_person(1, phone="0912345678"), based_on=ground)
    again = await register.take(a_person(1, name="Nguyễn Thị Ánh", phone="0912345678", cccd=None, code=None))

    assert late.worker_ids == again.worker_ids == [worker_id]
    assert (await identity(register, worker_id))["full_name"] == "Nguyễn Thị Ánh"


async def test_a_number_that_was_corrected_since_is_not_taken_back(register: Register) -> None:
    ground = await a_ground(register)
    (worker_id,) = (await register.take(a_person(1, code="NV99999"), based_on=ground)).worker_ids

    await register.take(a_person(1, phone="0912345678"), based_on=ground)

    numbers = "SELECT count(*) FROM identifiers WHERE worker_id = $1 AND type = 'employee_code'"
    assert await register.database.pool.fetchval(numbers, worker_id) == 2
    assert await register.database.pool.fetchval(f"{numbers} AND valid_to IS NULL", worker_id) == 1
    assert (await identity(register, worker_id))["employee_code"] == "NV99999"


async def test_whoever_was_said_to_have_left_is_not_brought_back_by_a_list_of_before(register: Register) -> None:
    ground = await a_ground(register)
    gone = (await register.take(a_person(1), based_on=ground)).worker_ids[0]
    await register.hear(says(LeavingConfirmed(unit_id=UNIT, worker_ids=[gone], left_on=LEFT_ON)))

    late = await register.take(a_person(1), a_person(2), based_on=ground)
    back = await register.take(a_person(1), a_person(2))

    assert (late.effects, late.worker_events, late.assessed.members_after) == (["unchanged"] * 2, [], 2)
    assert back.effects == ["changed", "unchanged"]


async def test_whoever_came_since_is_not_missing_from_a_complete_list_of_before(register: Register) -> None:
    ground = await a_ground(register)
    await register.take(a_person(1), a_person(2), a_person(3), a_person(4), based_on=ground)

    late = await register.take(a_person(1), a_person(2), complete=True, based_on=ground)

    first = await register.take(a_person(3))
    assert late.assessed.leaving == first.worker_ids


async def test_somebody_whom_both_added_is_shown_where_they_differ(register: Register) -> None:
    ground = await a_ground(register)
    await register.take(a_person(6), a_person(7), based_on=ground)

    late = await register.take(a_person(6), a_person(7, since="01/06/2021"), based_on=ground)

    assert late.effects == ["unchanged", "refused"]
    assert late.assessed.conflict is not None
    assert [(row.field, row.theirs, row.ours) for row in late.assessed.conflict.rows] == [
        ("start_date", "2021-06-01", "2020-03-01")
    ]


async def test_a_dry_run_shows_the_conflict(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = await a_ground(register)
    await register.take(a_person(1, hazards="Nóng"), based_on=ground)

    tried = await register.take(a_person(1, hazards="Bụi silic"), based_on=ground, dry_run=True)

    assert tried.effects == ["refused"]
    assert tried.assessed.conflict is not None
    assert len(tried.assessed.conflict.rows) == 1


async def test_conflicts_of_all_steps_of_a_list_are_shown_together(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register.with_units()
    people = [a_person(number) for number in range(6)]
    ground = (await register.take(*people)).assessed.roster_id
    monkeypatch.setattr(roster_steps, "ROWS_PER_STEP", 2)
    await register.take(*(a_person(number, hazards="Nóng") for number in range(6)), based_on=ground)

    late = await register.take(*(a_person(number, hazards="Bụi silic") for number in range(6)), based_on=ground)

    assert late.assessed.conflict is not None
    assert len(late.of(RosterRowsAnswered)) == 3
    assert sorted(row.row for row in late.assessed.conflict.rows) == [row.row for row in late.rows]


async def test_a_ground_that_never_took_effect_refuses_the_whole(register: Register) -> None:
    ground = await a_ground(register)

    late = await register.take(a_person(5), based_on=uuid4())
    fresh = await register.take(a_person(5), based_on=ground)

    assert (late.assessed.file_outcome, late.assessed.file_codes) == ("refused", ["roster.outdated"])
    assert late.worker_events == []
    assert late.assessed.conflict is not None
    assert late.assessed.conflict.theirs is None
    assert late.assessed.conflict.ours is not None
    assert late.assessed.conflict.ours.roster_id == ground
    assert fresh.effects == ["registered"]


async def test_a_ground_from_before_what_is_remembered_refuses_the_whole(register: Register) -> None:
    ground = await a_ground(register)
    await register.take(a_person(1, hazards="Nóng"), based_on=ground)
    await register.database.pool.execute("UPDATE rosters SET assessed_at = assessed_at - interval '401 days'")
    await register.database.pool.execute("UPDATE field_changes SET recorded_at = recorded_at - interval '401 days'")

    await upkeep.keep(register.database, register.vault)
    late = await register.take(a_person(1), based_on=ground)

    assert await register.database.pool.fetchval("SELECT count(*) FROM field_changes") == 0
    assert late.assessed.file_codes == ["roster.outdated"]


async def test_of_many_conflicts_the_first_are_shown_and_every_row_is_answered(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_answers, "SHOWN_AT_MOST", 2)
    ground = await a_ground(register)
    await register.take(*(a_person(number, hazards="Nóng") for number in (1, 2, 3)), based_on=ground)

    late = await register.take(*(a_person(number, hazards="Bụi silic") for number in (1, 2, 3)), based_on=ground)

    assert late.assessed.conflict is not None
    assert (len(late.assessed.conflict.rows), late.effects) == (2, ["refused"] * 3)


async def test_rosters_of_other_lines_leave_one_up_to_date_and_one_of_the_whole_unit_may_not(
    register: Register,
) -> None:
    line, other = uuid4(), uuid4()
    await register.with_units()
    await register.hear(says(a_line(line_id=line)), says(a_line(line_id=other, name="Chuyền 2")))
    ground = (await register.take(a_person(1), line_id=line)).assessed.roster_id
    await register.take(a_person(2), line_id=other)

    still_the_last = await register.take(a_person(1), a_person(3), line_id=line, based_on=ground)
    await register.take(a_person(1, hazards="Nóng"), a_person(4))
    built_on = still_the_last.assessed.roster_id
    outdated = await register.take(a_person(1, hazards="Bụi silic"), line_id=line, based_on=built_on)

    assert still_the_last.effects == ["unchanged", "registered"]
    assert outdated.effects == ["refused"]


async def test_after_the_answer_the_row_may_be_sent_again_on_the_latest_list(register: Register) -> None:
    ground = await a_ground(register)
    second = await register.take(a_person(1, hazards="Nóng"), based_on=ground)

    chosen: Taken = await register.take(a_person(1, hazards="Bụi silic"), based_on=second.assessed.roster_id)

    assert chosen.effects == ["changed"]
