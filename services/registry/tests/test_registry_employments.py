"""Several employments at once: who has them, by which they count, and what ends them."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_builders import HEADER, NOON, UNIT, Register, Taken, a_line, a_person, an_organisation, says

from contracts.monitoring import MonitoringReported
from contracts.registry import LeavingRecorded, RosterClosed, WorkerChanged, WorkerLeft, WorkerRegistered
from contracts.unions import LeavingConfirmed
from contracts.unions import RosterClosed as RosterIsClosed
from registry import employments, identities, workers
from registry.accesses import Viewer
from registry.employments import Span
from registry.identity_views import View
from registry.reading.shifts import read_hours
from registry.worker_facts import Facts

pytestmark = pytest.mark.stack

OTHER = UUID(int=3)
MILL, SHOP = UUID(int=11), UUID(int=12)
SPRING, WINTER = date(2026, 3, 1), date(2026, 12, 1)
HEADER_WITH_WORK = [*HEADER, "Điều kiện lao động", "Ca làm việc"]


async def two_employers(register: Register) -> Register:
    """Two units, a mill and a shop."""
    await register.with_units(UNIT, OTHER)
    firms = [
        an_organisation(organisation_id=id_, kind="EMPLOYER", code=f"DN-{id_.int}", parent_id=None)
        for id_ in (MILL, SHOP)
    ]
    await register.hear(*(says(firm) for firm in firms))
    return register


async def at_the_mill(register: Register, *rows: list[Any], **changed: Any) -> Taken:
    """A roster of the mill."""
    return await register.take(*rows, employer_id=MILL, reference_date=changed.pop("day", WINTER), **changed)


async def at_the_shop(register: Register, *rows: list[Any], **changed: Any) -> Taken:
    """A roster of the shop, which is of the other unit."""
    day = changed.pop("day", WINTER)
    return await register.take(*rows, unit_id=OTHER, employer_id=SHOP, reference_date=day, **changed)


async def counts_in(register: Register) -> dict[UUID, int]:
    """How many members each of the two units has."""
    async with register.database.transaction() as tx:
        return await workers.count(tx, [UNIT, OTHER])


async def test_whoever_two_employers_state_for_one_day_works_for_both_and_counts_once(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3, hazards="Tiếng ồn"))

    second = await at_the_shop(register, a_person(3, hazards="Bụi silic", since="01/06/2025"))

    (changed,) = second.worker_events
    assert isinstance(changed, WorkerChanged)
    assert second.effects == ["changed"]
    assert (changed.unit_id, changed.employer_id) == (UNIT, MILL)
    assert [(e.unit_id, e.employer_id) for e in changed.employments] == [(OTHER, SHOP)]
    assert {e.hazard for e in changed.exposures} == {"PHYS_NOISE", "DUST_SI"}
    assert changed.employed_since == date(2020, 3, 1)
    assert await counts_in(register) == {UNIT: 1}
    assert (second.assessed.members_after, second.assessed.counted_elsewhere, second.assessed.units) == (0, 1, [])


async def test_whoever_began_after_the_last_day_at_the_former_employer_has_moved(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3), day=SPRING)

    moved = await at_the_shop(register, a_person(3, since="01/09/2026"))

    (changed,) = moved.worker_events
    assert isinstance(changed, WorkerChanged)
    assert moved.effects == ["moved"]
    assert (changed.unit_id, changed.employments) == (OTHER, [])
    assert {c.unit_id: c.members_after for c in moved.assessed.units} == {UNIT: 0, OTHER: 1}


async def test_whoever_moves_leaves_the_employee_number_of_the_former_unit_behind(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3), day=SPRING)
    await at_the_shop(register, a_person(3, code="S-1", since="01/09/2026"))

    codes = "SELECT scope, valid_to IS NULL FROM identifiers WHERE type = 'employee_code' ORDER BY scope"
    assert [tuple(row) for row in await register.database.pool.fetch(codes)] == [(UNIT, False), (OTHER, True)]


async def test_a_list_without_an_employer_says_where_somebody_belongs(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3))

    listed = await register.take(a_person(3), unit_id=OTHER)

    assert listed.effects == ["moved"]
    assert listed.of(WorkerChanged)[0].employments == []


async def test_the_rosters_of_both_employers_again_say_nothing(register: Register) -> None:
    await two_employers(register)
    mill, shop = a_person(3), a_person(3, code="S-1", phone="0912000111", since="01/06/2025")
    await at_the_mill(register, mill)
    await at_the_shop(register, shop)

    again = [await at_the_mill(register, mill), await at_the_shop(register, shop), await at_the_mill(register, mill)]

    assert [taken.worker_events for taken in again] == [[], [], []]
    assert [taken.effects for taken in again] == [["unchanged"]] * 3
    assert await register.database.pool.fetchval("SELECT count(*) FROM employments") == 2
    codes = "SELECT scope, valid_to FROM identifiers WHERE type = 'employee_code' ORDER BY scope"
    assert [tuple(row) for row in await register.database.pool.fetch(codes)] == [(UNIT, None), (OTHER, None)]


async def test_work_begun_earlier_is_what_somebody_counts_by_whichever_roster_came_first(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3, since="01/06/2025"))

    second = await at_the_shop(register, a_person(3, since="01/03/2020"))

    assert second.effects == ["moved"]
    assert [e.unit_id for e in second.of(WorkerChanged)[0].employments] == [UNIT]
    assert {c.unit_id: (c.members_before, c.members_after) for c in second.assessed.units} == {
        UNIT: (1, 0),
        OTHER: (0, 1),
    }


async def test_a_dry_run_tells_of_a_second_employment_and_writes_none(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3))

    tried = await at_the_shop(register, a_person(3, since="01/06/2025"), a_person(4), dry_run=True)
    done = await at_the_shop(register, a_person(3, since="01/06/2025"), a_person(4))

    for taken in (tried, done):
        assert taken.effects == ["changed", "registered"]
        assert (taken.assessed.members_before, taken.assessed.members_after) == (0, 1)
        assert taken.assessed.counted_elsewhere == 1
    assert tried.worker_events == []


async def test_whoever_leaves_the_work_they_count_by_counts_by_the_other_and_has_not_left(register: Register) -> None:
    await two_employers(register)
    (worker_id,) = (await at_the_mill(register, a_person(3, hazards="Tiếng ồn"))).worker_ids
    await at_the_shop(register, a_person(3, hazards="Bụi silic", since="01/06/2025"))

    said = await register.hear(says(LeavingConfirmed(unit_id=UNIT, worker_ids=[worker_id], left_on=WINTER)))
    last = await register.hear(says(LeavingConfirmed(unit_id=OTHER, worker_ids=[worker_id], left_on=WINTER)))

    (changed,) = [event for event in said if isinstance(event, WorkerChanged)]
    assert (changed.unit_id, changed.employments) == (OTHER, [])
    assert [e.hazard for e in changed.exposures] == ["DUST_SI"]
    assert LeavingRecorded(unit_id=UNIT, left=1) in said
    assert WorkerLeft(worker_id=worker_id, unit_id=OTHER, left_on=WINTER) in last


async def test_the_end_of_a_second_employment_is_a_change_of_facts(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3, hazards=None))
    (worker_id,) = (await at_the_shop(register, a_person(3, hazards="Bụi silic", since="01/06/2025"))).worker_ids

    missing = await at_the_shop(register, a_person(4), complete=True)
    said = await register.hear(says(LeavingConfirmed(unit_id=OTHER, worker_ids=[worker_id], left_on=WINTER)))

    (changed,) = [event for event in said if isinstance(event, WorkerChanged)]
    assert missing.assessed.leaving == [worker_id]
    assert (changed.unit_id, changed.employments, changed.exposures) == (UNIT, [], [])


async def test_one_of_two_employers_in_a_unit_may_let_somebody_go(register: Register) -> None:
    await two_employers(register)
    (worker_id,) = (await at_the_mill(register, a_person(3))).worker_ids
    await register.take(a_person(3, since="01/06/2025"), employer_id=SHOP)

    gone = LeavingConfirmed(unit_id=UNIT, employer_id=MILL, worker_ids=[worker_id], left_on=WINTER)
    said = await register.hear(says(gone))

    (changed,) = [event for event in said if isinstance(event, WorkerChanged)]
    assert (changed.employer_id, changed.employments) == (SHOP, [])


async def test_a_unit_closes_with_those_who_ever_counted_in_it(register: Register) -> None:
    await two_employers(register)
    (worker_id,) = (await at_the_mill(register, a_person(3))).worker_ids
    await at_the_shop(register, a_person(3, since="01/06/2025"), a_person(4))
    closing = RosterIsClosed(unit_id=OTHER, campaign_id=UUID(int=9), roster_ids=[])

    beside = await register.hear(says(closing))
    await register.hear(says(LeavingConfirmed(unit_id=UNIT, worker_ids=[worker_id], left_on=WINTER)))
    counting = await register.hear(says(closing))

    assert [(e.workers, e.workers_ever) for e in beside if isinstance(e, RosterClosed)] == [(1, 1)]
    assert [(e.workers, e.workers_ever) for e in counting if isinstance(e, RosterClosed)] == [(2, 2)]


async def test_a_report_on_the_line_of_a_second_employment_exposes_too(register: Register) -> None:
    await two_employers(register)
    line = uuid4()
    await register.hear(says(a_line(line_id=line, unit_id=OTHER)))
    await at_the_mill(register, a_person(4, hazards=None))
    await at_the_shop(register, a_person(4, hazards=None, since="01/06/2025"), line_id=line)
    report = MonitoringReported.model_validate(
        {
            "report_id": uuid4(), "unit_id": OTHER, "measured_on": SPRING, "valid_from": SPRING,
            "places": [{"line_id": line, "hazards": [{"hazard": "DUST_COT"}]}],
        }
    )  # fmt: skip

    said = await register.hear(says(report))

    (changed,) = [event for event in said if isinstance(event, WorkerChanged)]
    assert [(e.hazard, e.since) for e in changed.exposures] == [("DUST_COT", SPRING)]


async def test_somebody_without_a_number_is_found_by_the_rosters_of_both_units(register: Register) -> None:
    await two_employers(register)
    await at_the_mill(register, a_person(3))
    await at_the_shop(register, a_person(3, since="01/06/2025"))
    nameless = {"cccd": None, "code": None, "phone": None}

    mill = await at_the_mill(register, a_person(3, **nameless))
    shop = await at_the_shop(register, a_person(3, since="01/06/2025", **nameless))

    assert mill.worker_ids == shop.worker_ids
    assert await register.database.pool.fetchval("SELECT count(*) FROM workers") == 1


async def test_a_second_employer_sees_who_works_there_and_nothing_of_the_work_elsewhere(register: Register) -> None:
    await two_employers(register)
    (worker_id,) = (await at_the_mill(register, a_person(3))).worker_ids
    before = await look(register, f"employers/{SHOP}", worker_id)
    await at_the_shop(register, a_person(3, since="01/06/2025"))

    first, second = (
        await look(register, f"employers/{MILL}", worker_id),
        await look(register, f"employers/{SHOP}", worker_id),
    )

    assert before == []
    assert [view.model_dump(exclude_none=True) for view in second] == [
        {"worker_id": worker_id, "full_name": first[0].full_name}
    ]
    assert first[0].model_dump()["employee_code"] == "NV00003"


async def look(register: Register, party: str, worker_id: UUID) -> list[View]:
    """What a party is shown of somebody."""
    async with register.database.transaction() as tx:
        return await identities.look(tx, register.vault, Viewer(party, "clerk", "list"), [worker_id], NOON)


async def test_the_hardest_class_of_work_counts_and_the_shift_is_a_dated_fact(register: Register) -> None:
    await two_employers(register)
    await register.take([*a_person(3), "Bình thường", "Ca ngày"], employer_id=MILL, header=HEADER_WITH_WORK)

    second = await register.take(
        [*a_person(3, since="01/06/2025"), "Nặng nhọc, độc hại", "Ca 3 (22:00–06:00)"],
        unit_id=OTHER, employer_id=SHOP, header=HEADER_WITH_WORK,
    )  # fmt: skip
    night = await register.take(
        [*a_person(3), "Bình thường", "Ca đêm"], employer_id=MILL, header=HEADER_WITH_WORK,
        reference_date=date(2027, 1, 4),
    )  # fmt: skip

    (changed,) = second.of(WorkerChanged)
    (moved_to_nights,) = night.of(WorkerChanged)
    assert (changed.heavy_class, changed.shift, changed.employments[0].shift) == ("NNDHNH", (450, 990), (1320, 1800))
    assert moved_to_nights.shift == (1320, 1800)
    rows = await register.database.pool.fetch(
        "SELECT shift, valid_from, valid_to FROM employments WHERE unit_id = $1 ORDER BY valid_from", UNIT
    )
    assert [tuple(row) for row in rows] == [
        ("450-990", WINTER, date(2027, 1, 4)),
        ("1320-1800", date(2027, 1, 4), None),
    ]


async def test_of_two_crews_of_one_name_the_shift_tells_which_one_is_meant(register: Register) -> None:
    await register.with_units()
    days, nights = UUID(int=21), UUID(int=22)
    await register.hear(says(a_line(line_id=days)), says(a_line(line_id=nights, shifts=[(1320, 1800)] * 6 + [None])))

    taken = await register.take(
        [*a_person(1), "Chuyền 1", "Ca đêm"], [*a_person(2), "Chuyền 1", "Ca 1"], [*a_person(4), "Chuyền 1", None],
        header=[*HEADER, "Chuyền", "Ca"],
    )  # fmt: skip

    assert [event.line_id for event in taken.of(WorkerRegistered)] == [nights, days, days]


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("Ca 1 (06:00–14:00)", (360, 840)), ("22h-6h", (1320, 1800)), ("22h30 – 6h30", (1350, 1830)),
        ("Từ 22:00 đến 6:00", (1320, 1800)), ("7.30-16.30", (450, 990)), ("Ca 3", (1320, 1800)), ("HC", (450, 990)),
        ("Ca đêm", (1320, 1800)), ("xoay ca", None), ("0912345678", None), ("25h-6h", None), ("Nguyễn Thị An", None),
    ],
)  # fmt: skip
def test_hours_are_read_from_what_a_shift_is_called_and_from_nothing_else(
    written: str, hours: tuple[int, int] | None
) -> None:
    assert read_hours(written) == hours


PLACES = [(UNIT, MILL), (OTHER, SHOP), (UNIT, SHOP), (OTHER, MILL)]


@given(
    begun=st.lists(st.integers(1, 6), min_size=4, max_size=4),
    stated=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=6),
    data=st.data(),
)
def test_in_whatever_order_employers_state_their_people_the_same_employments_come_out(
    begun: list[int], stated: list[tuple[int, int]], data: st.DataObject
) -> None:
    rows = [(PLACES[n], date(2026, begun[n], 1), date(2026, begun[n] + later, 1)) for n, later in stated]

    one, other = (outcome(order) for order in (rows, data.draw(st.permutations(rows))))

    assert one == other


def outcome(rows: Iterable[tuple[tuple[UUID, UUID], date, date]]) -> tuple[Facts, ...]:
    """What somebody works at after these statements."""
    known: tuple[Facts, ...] = ()
    spans: dict[employments.Pair, Span] = {}
    for (unit_id, employer_id), begun, day in rows:
        facts = Facts(unit_id, employer_id, None, "male", "1990-01", employed_since=begun)
        met = employments.meet(known, spans, facts, day, frozenset({"start_date"})) if known else None
        known = met.now if met else (facts,)
        pair = employments.pair_of(facts)
        spans[pair] = spans[pair].with_day(day) if pair in spans else Span(day, day)
    return known
