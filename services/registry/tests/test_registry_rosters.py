"""Rosters become workers: each row has one effect, said once, whatever way the roster came."""

from datetime import date
from uuid import uuid4

import pytest
from registry_builders import (
    UNIT,
    Register,
    Taken,
    a_federation,
    a_person,
    a_roster,
    a_sheet,
    an_organisation,
    says,
)

from contracts.registry import WorkerChanged, WorkerRegistered
from contracts.rosters import RosterRead, RosterRowsAnswered
from contracts.unions import LeavingConfirmed
from registry import roster_steps

pytestmark = pytest.mark.stack


async def test_a_roster_registers_everybody_on_it_as_facts_without_identity(register: Register) -> None:
    await register.with_units()

    taken = await register.take(a_person(1), a_person(2), a_person(3))

    assert taken.effects == ["registered"] * 3
    assert (taken.assessed.registered, taken.assessed.members_before, taken.assessed.members_after) == (3, 0, 3)
    third = taken.of(WorkerRegistered)[2]
    assert (third.unit_id, third.sex, third.born) == (UNIT, "female", "1973-01")
    assert [exposure.hazard for exposure in third.exposures] == ["PHYS_NOISE"]
    assert third.employed_since == date(2020, 3, 1)


async def test_the_same_roster_twice_says_nothing_about_any_worker(register: Register) -> None:
    await register.with_units()
    rows = [a_person(number) for number in range(5)] + [a_person(9, cccd=None, code=None)]
    await register.take(*rows)

    again = await register.take(*rows)

    assert again.worker_events == []
    assert again.assessed.unchanged == 6


@pytest.mark.parametrize("field", ["employer_id", "host_id"])
async def test_nobody_is_registered_as_working_for_a_union(register: Register, field: str) -> None:
    await register.with_units()

    refused = await register.take(a_person(1), **{field: UNIT})

    assert (refused.assessed.file_outcome, refused.assessed.file_codes) == ("refused", ["roster.no_employer"])
    assert refused.worker_events == []


async def test_a_corrected_row_is_one_change(register: Register) -> None:
    await register.with_units()
    first = await register.take(a_person(1), a_person(2))

    again = await register.take(a_person(1), a_person(2, hazards="Bụi silic"))

    (changed,) = again.worker_events
    assert isinstance(changed, WorkerChanged)
    assert changed.worker_id == first.rows[1].worker_id
    assert [exposure.hazard for exposure in changed.exposures] == ["DUST_SI"]
    assert again.effects == ["unchanged", "changed"]


async def test_a_dry_run_tells_the_effect_and_has_none(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(1))

    dry = await register.take(a_person(1), a_person(2), dry_run=True)

    assert dry.effects == ["unchanged", "registered"]
    assert dry.worker_events == []
    assert (dry.assessed.members_before, dry.assessed.members_after) == (1, 2)
    assert (await register.take(a_person(1), a_person(2))).assessed.registered == 1


async def test_whoever_is_missing_from_a_complete_roster_is_proposed_to_have_left(register: Register) -> None:
    await register.with_units()
    first = await register.take(a_person(1), a_person(2))

    again = await register.take(a_person(1), complete=True)

    assert again.assessed.leaving == [first.rows[1].worker_id]
    assert again.assessed.members_after == 2


async def test_a_roster_of_an_unknown_unit_waits_for_the_unit(register: Register) -> None:
    early = await register.take(a_person(1))

    said = await register.hear(says(a_federation()), says(an_organisation()))

    assert early.said == []
    assert Taken(said).assessed.registered == 1


async def test_a_file_without_a_roster_is_refused_as_a_whole(register: Register) -> None:
    await register.with_units()

    taken = await register.take(["một", "hai"], header=["a", "b"])

    assert taken.assessed.file_outcome == "refused"
    assert taken.assessed.file_codes == ["file.header_not_found"]


async def test_a_box_that_nobody_can_open_is_refused_as_a_whole(register: Register) -> None:
    await register.with_units()
    sending = a_roster(register.key, a_sheet(a_person(1)), key_id="destroyed")

    said = await register.hear(*(says(event) for event in sending.events))

    assert [event.file_codes for event in said if hasattr(event, "file_codes")] == [["file.unopenable"]]


async def test_the_assessment_tells_every_unit_whose_number_of_members_changes(register: Register) -> None:
    other = uuid4()
    await register.with_units(UNIT, other)
    await register.take(a_person(1), a_person(2))
    moving = [a_person(1), a_person(3)]

    tried = await register.take(*moving, unit_id=other, dry_run=True)
    done = await register.take(*moving, unit_id=other)

    for taken in (tried, done):
        told = {count.unit_id: (count.members_before, count.members_after) for count in taken.assessed.units}
        assert told == {UNIT: (2, 1), other: (0, 2)}


async def test_a_roster_of_several_steps_tells_how_many_people_it_names_before_the_first_answer(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register.with_units()
    monkeypatch.setattr(roster_steps, "ROWS_PER_STEP", 2)

    taken = await register.take(*(a_person(number) for number in range(5)))

    kinds = [type(event) for event in taken.said if isinstance(event, RosterRead | RosterRowsAnswered)]
    assert [event.rows for event in taken.of(RosterRead)] == [5]
    assert kinds[0] is RosterRead


async def test_leased_workers_have_an_employer_and_a_host_and_a_season_is_an_interval_of_its_own(
    register: Register,
) -> None:
    lessor, host = uuid4(), uuid4()
    await register.with_units()
    await register.hear(
        *(
            says(an_organisation(organisation_id=firm, kind="EMPLOYER", code=f"DN-{firm}", parent_id=None))
            for firm in (lessor, host)
        )
    )

    taken = await register.take(a_person(1), employer_id=lessor, host_id=host)
    (worker_id,) = taken.worker_ids
    away = LeavingConfirmed(unit_id=UNIT, worker_ids=[worker_id], left_on=date(2026, 12, 31))
    await register.hear(says(away))
    await register.take(a_person(1), employer_id=lessor, host_id=host, reference_date=date(2027, 10, 1))

    (event,) = taken.of(WorkerRegistered)
    assert (event.employer_id, event.host_id) == (lessor, host)
    rows = await register.database.pool.fetch("SELECT * FROM employments ORDER BY valid_from")
    assert [(row["host_id"], row["valid_from"], row["valid_to"]) for row in rows] == [
        (host, date(2026, 12, 1), date(2026, 12, 31)),
        (host, date(2027, 10, 1), None),
    ]
