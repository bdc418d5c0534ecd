"""Exposures from monitoring reports: of a line or a job, from a day on, told as facts of whoever works there."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from registry_builders import HEADER, PROVINCE, UNIT, Register, a_line, a_person, said_by, says

from contracts.coordination import DayStarted
from contracts.monitoring import MonitoringReported
from contracts.profiles import ExposuresProfiled
from contracts.registry import DeclarationRefused, WorkerChanged, WorkerRegistered

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
