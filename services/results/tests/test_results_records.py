"""What desks and laboratories report, in any order, and the class that is proposed of it."""

import asyncio
from dataclasses import replace
from random import Random

import pytest
from results_builders import (
    HEALTHY,
    a_conclusion,
    a_section,
    a_worker,
    all_sections,
    an_appointment,
    examined,
    of,
    visit,
)

from contracts import clinics
from contracts import results as said
from results.consumers import consumer
from shared.database import Database
from shared.outbox import outgoing
from shared.testing import Deliver, arrival_of

pytestmark = pytest.mark.stack


async def test_a_class_is_proposed_when_the_last_desk_has_reported(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    early = await deliver(consumer, database, all_sections()[:-1])

    events = await deliver(consumer, database, all_sections()[-1:])

    assert early == []
    assert events[0].if_no_tumour == 1
    assert events[0].proposed is None


async def test_a_proposal_names_every_record_that_it_answers(database: Database, deliver: Deliver) -> None:
    sections = [outgoing(section, source="clinics/02123") for section in all_sections()]
    await deliver(consumer, database, [a_worker(), an_appointment()])

    events = await deliver(consumer, database, sections)

    assert set(events[0].answers) == {f"clinics/02123#{section.headers['ce_id']}" for section in sections}


@pytest.mark.parametrize("seed", range(4))
async def test_desks_in_any_order_come_to_the_same_proposal(database: Database, deliver: Deliver, seed: int) -> None:
    events = [a_worker(), an_appointment(), *all_sections(systolic_mmhg=143)]
    Random(seed).shuffle(events)

    proposals = []
    for event in events:
        proposals += await deliver(consumer, database, [event])

    assert [p.if_no_tumour for p in proposals] == [3]


async def test_two_desks_of_one_station_lose_nothing(database: Database, deliver: Deliver) -> None:
    first = a_section("INT", hour=8)
    second = a_section("INT", hour=9)
    halves = dict(list(HEALTHY["INT"].items())[:4]), dict(list(HEALTHY["INT"].items())[4:])
    parts = [
        section.model_copy(update={"findings": half}) for section, half in zip((first, second), halves, strict=True)
    ]
    await deliver(consumer, database, [a_worker(), an_appointment()])
    others = [section for section in all_sections() if section.station != "INT"]

    for event in (*others, *parts):
        events = await deliver(consumer, database, [event])

    assert events[-1].if_no_tumour == 1


async def test_desks_that_report_at_the_same_instant_are_all_kept(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    arrivals = [replace(arrival_of(section, 0), partition=desk) for desk, section in enumerate(all_sections(), 1)]

    said_now = await asyncio.gather(*(deliver(consumer, database, [arrival]) for arrival in arrivals))

    assert sum(len(events) for events in said_now) == 1


async def test_a_corrected_section_is_proposed_anew(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    events = await deliver(consumer, database, [a_section("DEN", hour=15, caries_count=4, dental_class=3)])

    assert events[0].if_no_tumour == 3
    assert len(events[0].answers) == 1


async def test_records_wait_for_a_visit_that_is_not_known_yet(database: Database, deliver: Deliver) -> None:
    early = await deliver(consumer, database, [a_worker(), *all_sections()])

    events = await deliver(consumer, database, [an_appointment()])

    assert early == []
    assert len(of(said.ClassProposed, events)) == 1


async def test_a_station_outside_the_package_is_refused(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])

    events = await deliver(consumer, database, [a_section("AUD")])

    assert [p.code for p in events[0].problems] == ["record.station_not_in_package"]


async def test_a_desk_of_another_clinic_is_refused(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    stranger = a_section("DEN").model_copy(update={"clinic_id": "09999"})

    events = await deliver(consumer, database, [stranger])

    assert [p.code for p in events[0].problems] == ["record.other_clinic"]


async def test_of_a_value_reported_twice_the_later_report_stands_whichever_came_first(
    database: Database, deliver: Deliver
) -> None:
    others = [section for section in all_sections() if section.station != "DEN"]
    late, early = a_section("DEN", hour=15), a_section("DEN", hour=9, dental_class=3, caries_count=4)
    await deliver(consumer, database, [a_worker(), an_appointment(), *others])
    await deliver(consumer, database, [outgoing(late, source="clinics/02123/a")])

    events = await deliver(consumer, database, [outgoing(early, source="clinics/02123/b")])

    assert events[0].if_no_tumour == 1


async def test_a_rejected_value_is_reported_and_not_classified(database: Database, deliver: Deliver) -> None:
    events = await examined(database, deliver, height_cm=1.68)

    assert "unit_suspected" in {p.code for p in events[0].warnings}
    assert events[0].if_no_tumour is None


def a_report(station: str, **values: tuple[str, str]) -> clinics.LaboratoryReported:
    rows = [{"index": index, "value": value, "unit": unit} for index, (value, unit) in values.items()]
    return clinics.LaboratoryReported.model_validate({
        "visit_id": visit(), "clinic_id": "02123", "station": station, "reported_at": "2026-08-05T03:00:00Z",
        "rows": rows,
    })  # fmt: skip


async def test_a_laboratory_value_in_another_unit_is_converted(database: Database, deliver: Deliver) -> None:
    stations = ["REC", *HEALTHY, "BLD"]
    await deliver(consumer, database, [a_worker(), an_appointment(stations=stations), *all_sections()])
    await deliver(consumer, database, [a_report("BLD", glucose_mmol_l=("396", "mg/dL"))])

    concluded = await deliver(consumer, database, [a_conclusion()])

    assert {f.reason for f in of(said.FollowUpOpened, concluded)} == {"critical_glucose"}


async def test_a_laboratory_row_of_another_station_is_refused(database: Database, deliver: Deliver) -> None:
    stations = ["REC", *HEALTHY, "URI"]
    await deliver(consumer, database, [a_worker(), an_appointment(stations=stations)])

    events = await deliver(consumer, database, [a_report("URI", glucose_mmol_l=("5.2", "mmol/L"))])

    assert [p.code for p in events[0].problems] == ["laboratory.other_station"]
