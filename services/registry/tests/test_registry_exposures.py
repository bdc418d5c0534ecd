"""Exposures from monitoring reports: of a line or a job, from a day on, told as facts of whoever works there."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from registry_builders import HEADER, PROVINCE, UNIT, Register, a_line, a_person, said_by, says

from contracts.coordination import DayStarted
from contracts.monitoring import ExposuresProfiled, MonitoringReported
from contracts.registry import DeclarationRefused, WorkerChanged, WorkerRegistered
from registry import stays, workers
from registry.stays import Stay
from shared.testing import until

IS_WAITED_FOR = """
SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 7403 AND objid = 4 AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

JOB_HEADER = [*HEADER, "Công việc", "Chuyền"]


def a_report(**changed: Any) -> MonitoringReported:
    """Noise where people sew, from a day that has come."""
    values: dict[str, Any] = {
        "report_id": uuid4(), "unit_id": UNIT, "measured_on": date(2026, 1, 10), "valid_from": date(2026, 1, 20),
        "places": [{"job": "Công nhân may", "hazards": [{"hazard": "PHYS_NOISE", "level": 91.5, "unit": "dBA"}]}],
    }  # fmt: skip
    return MonitoringReported(**values | changed)


async def a_unit_at_work(register: Register, line: UUID | None = None) -> None:
    """Two who sew and one who cuts; a line of the unit where one is asked for."""
    await register.with_units()
    if line:
        await register.hear(says(a_line(line_id=line, name="Chuyền 1")))
    rows = [
        [*a_person(1, hazards=None), "CÔNG NHÂN MAY", "Chuyền 1"],
        [*a_person(2, hazards="Nóng"), "Công nhân  may", None],
        [*a_person(4, hazards=None), "Thợ cắt", "Chuyền 1"],
    ]
    await register.take(*rows, header=JOB_HEADER)


async def test_a_report_on_a_job_changes_the_exposures_of_those_who_do_it(register: Register) -> None:
    await a_unit_at_work(register)

    said = await register.hear(says(a_report()))

    changed = [event for event in said if isinstance(event, WorkerChanged)]
    (profiled,) = [event for event in said if isinstance(event, ExposuresProfiled)]
    assert sorted([sorted(e.hazard for e in event.exposures) for event in changed]) == [
        ["PHYS_HEAT", "PHYS_NOISE"],
        ["PHYS_NOISE"],
    ]
    assert {e.since for event in changed for e in event.exposures if e.hazard == "PHYS_NOISE"} == {date(2026, 1, 20)}
    assert (profiled.version, profiled.workers) == (1, 2)


async def test_whoever_joins_a_monitored_line_later_is_exposed_too(register: Register) -> None:
    line = uuid4()
    await a_unit_at_work(register, line)
    await register.hear(says(a_report(places=[{"line_id": line, "hazards": [{"hazard": "DUST_COT"}]}])))

    taken = await register.take([*a_person(7, hazards=None), "Là ủi", "Chuyền 1"], header=JOB_HEADER)

    (joined,) = taken.of(WorkerRegistered)
    assert [e.hazard for e in joined.exposures] == ["DUST_COT"]


async def test_the_same_roster_after_a_report_says_nothing_new(register: Register) -> None:
    await register.with_units()
    row = [*a_person(1, hazards=None), "Công nhân may", None]
    await register.take(row, header=JOB_HEADER)
    await register.hear(says(a_report()))

    again = await register.take(row, header=JOB_HEADER)

    assert again.worker_events == []


async def test_a_later_report_replaces_the_earlier_one_from_its_day(register: Register) -> None:
    await a_unit_at_work(register)
    await register.hear(says(a_report()))
    quiet = a_report(valid_from=date(2027, 3, 1), places=[{"job": "Công nhân may", "hazards": []}])

    told = await register.hear(says(quiet))
    begun = await register.hear(DayStarted(day=date(2027, 3, 1), simulated=True))

    assert [event for event in told if isinstance(event, WorkerChanged)] == []
    changed = [event for event in begun if isinstance(event, WorkerChanged)]
    assert sorted(sorted(e.hazard for e in event.exposures) for event in changed) == [[], ["PHYS_HEAT"]]


async def test_whoever_a_roster_writes_while_a_report_begins_is_told_of_too(register: Register) -> None:
    await register.with_units()
    await register.take([*a_person(1, hazards=None), "Thợ cắt", None], header=JOB_HEADER)
    await register.hear(says(a_report(valid_from=date(2027, 3, 1))))

    async with register.database.transaction() as step:
        await step.execute(workers.LOCK)
        beginning = asyncio.create_task(register.hear(DayStarted(day=date(2027, 3, 1), simulated=True)))
        await until(register.database, IS_WAITED_FOR)
        await step.execute("UPDATE workers SET job = 'cong nhan may'")
    begun = await beginning

    (changed,) = [event for event in begun if isinstance(event, WorkerChanged)]
    assert [e.hazard for e in changed.exposures] == ["PHYS_NOISE"]


async def test_a_report_leads_to_nothing_in_other_units(register: Register) -> None:
    other = UUID(int=3)
    await register.with_units(UNIT, other)
    for unit, number in ((UNIT, 1), (other, 2)):
        row = [*a_person(number, hazards=None), "Công nhân may", None]
        await register.take(row, header=JOB_HEADER, unit_id=unit)
    await register.hear(says(a_report(unit_id=other, valid_from=date(2027, 3, 1))))
    await register.database.pool.execute("UPDATE exposures SET valid_from = '2026-03-01'")

    told = await register.hear(says(a_report()))
    begun = await register.hear(DayStarted(day=date(2027, 3, 1), simulated=True))

    (profiled,) = [event for event in told if isinstance(event, ExposuresProfiled)]
    assert [event.unit_id for event in told if isinstance(event, WorkerChanged)] == [UNIT]
    assert [event.unit_id for event in begun if isinstance(event, WorkerChanged)] == [other]
    assert profiled.workers == 1


async def test_a_report_that_cannot_be_is_refused_with_every_problem(register: Register) -> None:
    await register.with_units()
    wrong = a_report(
        valid_from=date(2026, 1, 1),
        places=[{"hazards": [{"hazard": "LOUD"}]}, {"job": "May", "line_id": None, "hazards": []}],
    )

    (refused,) = await register.hear(says(wrong))
    (stranger,) = await register.hear(said_by(a_report(), f"unions/{uuid4()}"))

    assert isinstance(refused, DeclarationRefused)
    assert [p.code for p in refused.problems] == [
        "monitoring.place", "monitoring.hazard_unknown", "monitoring.before_measured",
    ]  # fmt: skip
    assert isinstance(stranger, DeclarationRefused)


async def test_the_same_report_twice_counts_once(register: Register) -> None:
    await a_unit_at_work(register)
    report = said_by(a_report(), f"unions/{PROVINCE}")

    await register.hear(report)
    again = await register.hear(report)

    assert again == []


def since_of(said: list[Any]) -> list[date]:
    """Since when each worker who was told of is exposed to noise, in the order of being told of."""
    told = [event for event in said if isinstance(event, WorkerRegistered | WorkerChanged)]
    return [e.since for event in told for e in event.exposures if e.hazard == "PHYS_NOISE" and e.since]


def noise_on(line: UUID, day: date, **changed: Any) -> MonitoringReported:
    return a_report(
        places=[{"line_id": line, "hazards": [{"hazard": "PHYS_NOISE"}]}], measured_on=day, valid_from=day, **changed
    )


async def test_whoever_is_hired_onto_a_line_reported_long_ago_is_exposed_since_the_hire(register: Register) -> None:
    line = uuid4()
    await a_unit_at_work(register, line)
    await register.hear(says(noise_on(line, date(2024, 1, 20))))

    hired = [*a_person(7, hazards=None, since="01/11/2026"), "Là ủi", "Chuyền 1"]
    listed_long_ago = [*a_person(8, hazards=None, since="01/03/2020"), "Là ủi", "Chuyền 1"]
    taken = await register.take(hired, listed_long_ago, header=JOB_HEADER)

    assert sorted(since_of(taken.said)) == [date(2024, 1, 20), date(2026, 11, 1)]


async def test_a_yearly_report_that_confirms_the_last_one_begins_nothing_anew(register: Register) -> None:
    await a_unit_at_work(register)
    await register.hear(says(a_report(measured_on=date(2024, 1, 10), valid_from=date(2024, 1, 20))))

    confirmed = await register.hear(says(a_report(measured_on=date(2025, 1, 8), valid_from=date(2025, 1, 20))))
    quiet = a_report(valid_from=date(2026, 1, 20), places=[{"job": "Công nhân may", "hazards": []}])
    loud_again = a_report(measured_on=date(2026, 3, 1), valid_from=date(2026, 3, 1))
    again = await register.hear(says(quiet), says(loud_again))

    assert set(since_of(confirmed)) == {date(2024, 1, 20)}
    assert set(since_of(again)) == {date(2026, 3, 1)}


async def test_whoever_moves_onto_a_monitored_line_is_exposed_since_the_move(register: Register) -> None:
    line = uuid4()
    await a_unit_at_work(register, line)
    await register.hear(says(noise_on(line, date(2024, 1, 20))))
    await register.hear(DayStarted(day=date(2027, 2, 5), simulated=True))

    moved = await register.take(
        [*a_person(2, hazards=None), "Công nhân may", "Chuyền 1"], header=JOB_HEADER, reference_date=date(2027, 2, 1)
    )
    told_again = await register.hear(says(noise_on(line, date(2027, 2, 3))))

    assert since_of(moved.said) == [date(2027, 2, 1)]
    assert sorted(since_of(told_again)) == [date(2024, 1, 20), date(2024, 1, 20), date(2027, 2, 1)]


NOW = date(2027, 6, 1)


def a_stay(begun: date, ended: date | None = None, *, places: tuple[str, ...] = ("line:1",)) -> Stay:
    return Stay(UNIT, places, begun, ended)


@pytest.mark.parametrize(
    ("past", "employed_since", "expected"),
    [
        ([a_stay(date(2026, 12, 1))], date(2026, 11, 1), date(2026, 11, 1)),
        ([a_stay(date(2026, 12, 1))], None, date(2026, 12, 1)),
        ([a_stay(date(2027, 12, 1))], None, NOW),
        ([], date(2020, 3, 1), date(2020, 3, 1)),
        # A break: back for a season, with the first hire still on the list.
        ([a_stay(date(2025, 1, 1), date(2025, 6, 1)), a_stay(date(2026, 1, 1))], date(2020, 3, 1), date(2026, 1, 1)),
        ([a_stay(date(2025, 1, 1), date(2025, 6, 1)), a_stay(date(2026, 1, 1))], date(2025, 12, 9), date(2025, 12, 9)),
        # Another job on the same line is no break; another line was one.
        (
            [a_stay(date(2025, 1, 1), date(2025, 6, 1)), a_stay(date(2025, 6, 1), places=("line:1", "job:may"))],
            None,
            date(2025, 1, 1),
        ),
        (
            [a_stay(date(2025, 1, 1), date(2025, 6, 1), places=("line:2",)), a_stay(date(2025, 6, 1))],
            date(2020, 3, 1),
            date(2025, 6, 1),
        ),
        # A roster of an earlier day that came later ended what the other one began.
        ([a_stay(date(2026, 12, 1), date(2026, 11, 1)), a_stay(date(2026, 11, 1))], None, date(2026, 11, 1)),
    ],
)
def test_a_worker_is_at_a_place_since_the_last_break(
    past: list[Stay], employed_since: date | None, expected: date
) -> None:
    start = stays.start_at(past, UNIT, "line:1", employed_since=employed_since, today=NOW)

    assert start == expected
