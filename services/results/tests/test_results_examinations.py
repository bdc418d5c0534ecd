"""A visit from its first desk to its signed, amended and followed-up conclusion."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
from results_builders import (
    HEALTHY,
    a_conclusion,
    a_section,
    a_worker,
    all_sections,
    an_amendment,
    an_appointment,
    visit,
    worker,
)

from contracts import clinics, coordination
from contracts import results as said
from results.consumers import consumer
from shared.database import Database
from shared.outbox import outgoing
from shared.testing import Deliver, arrival_of

pytestmark = pytest.mark.stack


async def examined(database: Database, deliver: Deliver, number: int = 1, **findings: Any) -> Any:
    await deliver(consumer, database, [a_worker(number), an_appointment(number)])
    return await deliver(consumer, database, all_sections(number, **findings))


def of(kind: type[Any], events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


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


async def test_a_conclusion_is_said_in_full_as_a_fact_and_as_fitness(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    events = await deliver(consumer, database, [a_conclusion()])

    assert [type(event) for event in events] == [said.ExaminationConcluded, said.VisitConcluded, said.FitnessStated]
    assert events[0].proposed_class == 1
    assert events[1].valid_until == date(2027, 8, 7)


async def test_a_conclusion_before_the_last_desk_is_refused_and_names_it(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment(), *all_sections()[:-1]])

    events = await deliver(consumer, database, [a_conclusion()])

    assert [(p.code, p.field) for p in events[0].problems] == [("examination.incomplete", "SUR")]


async def test_a_class_other_than_the_proposed_one_needs_a_reason(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    refused = await deliver(consumer, database, [a_conclusion(final_class=2)])
    accepted = await deliver(consumer, database, [a_conclusion(final_class=2, override_reason="tiền sử bệnh")])

    assert [p.code for p in refused[0].problems] == ["conclusion.reason_missing"]
    assert accepted[0].final_class == 2


async def test_a_visit_is_concluded_once(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])

    events = await deliver(consumer, database, [a_conclusion()])

    assert [p.code for p in events[0].problems] == ["record.concluded"]


async def test_a_signed_record_takes_no_more_sections(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])

    events = await deliver(consumer, database, [a_section("DEN", hour=15, caries_count=4)])

    assert [p.code for p in events[0].problems] == ["record.concluded"]


async def test_an_amendment_is_a_new_version_and_everybody_is_told(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])

    events = await deliver(consumer, database, [an_amendment()])

    amended, fact, fitness = events[:3]
    assert (amended.version, fact.version, fitness.version) == (2, 2, 2)
    assert (amended.final_class, fitness.final_class) == (3, 3)


async def test_an_amendment_makes_no_check_younger(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])

    once = await deliver(consumer, database, [an_amendment()])
    twice = await deliver(consumer, database, [an_amendment(amended_on=date(2026, 9, 30))])

    assert [of(said.VisitConcluded, events)[0].valid_until for events in (once, twice)] == [date(2027, 8, 7)] * 2


async def test_an_amendment_is_dated_after_the_version_that_it_corrects(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])
    await deliver(consumer, database, [an_amendment()])

    refused = await deliver(consumer, database, [an_amendment(amended_on=date(2026, 8, 19))])

    assert [p.code for p in refused[0].problems] == ["amendment.before_conclusion"]


async def test_a_clinic_neither_concludes_nor_amends_anothers_visit(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    concluded = await deliver(consumer, database, [a_conclusion(clinic_id="09999")])
    await deliver(consumer, database, [a_conclusion()])
    amended = await deliver(consumer, database, [an_amendment(clinic_id="09999")])

    assert [[p.code for p in event.problems] for event in [*concluded, *amended]] == [["record.other_clinic"]] * 2


async def test_nothing_is_concluded_or_amended_on_a_day_before_the_visit(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    concluded = await deliver(consumer, database, [a_conclusion(concluded_on=date(2026, 1, 1))])
    await deliver(consumer, database, [a_conclusion()])
    amended = await deliver(consumer, database, [an_amendment(amended_on=date(2026, 1, 1))])

    assert [p.code for p in concluded[0].problems] == ["conclusion.before_visit"]
    assert [p.code for p in amended[0].problems] == ["amendment.before_conclusion"]


def a_day(day: date, began: datetime) -> Any:
    return outgoing(coordination.DayStarted(day=day), time=began)


def said_at(event: Any, at: datetime) -> Any:
    return outgoing(event, source="clinics/02123", time=at)


async def test_a_conclusion_of_a_day_that_is_told_later_waits_for_it(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_day(date(2026, 8, 6), datetime(2026, 8, 5, 17, tzinfo=UTC))])

    early = await deliver(consumer, database, [said_at(a_conclusion(), datetime(2026, 8, 6, 18, tzinfo=UTC))])
    then = await deliver(consumer, database, [a_day(date(2026, 8, 7), datetime(2026, 8, 6, 17, tzinfo=UTC))])

    assert early == []
    assert len(of(said.VisitConcluded, then)) == 1


async def test_a_conclusion_that_was_said_before_its_day_is_refused_when_the_next_day_is_an_earlier_one(
    database: Database, deliver: Deliver
) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_day(date(2026, 8, 4), datetime(2026, 8, 3, 17, tzinfo=UTC))])

    waits = await deliver(consumer, database, [said_at(a_conclusion(), datetime(2026, 8, 4, 8, tzinfo=UTC))])
    refused = await deliver(consumer, database, [a_day(date(2026, 8, 5), datetime(2026, 8, 4, 17, tzinfo=UTC))])
    again = await deliver(consumer, database, [said_at(a_conclusion(), datetime(2026, 8, 4, 9, tzinfo=UTC))])

    assert waits == []
    assert [[p.code for p in event.problems] for event in [*refused, *again]] == [["conclusion.in_future"]] * 2


async def test_a_record_of_a_desk_whose_clock_is_years_ahead_is_refused(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    await deliver(consumer, database, [a_day(date(2026, 8, 3), datetime(2026, 8, 2, 17, tzinfo=UTC))])
    ahead = a_section("EYE").model_copy(update={"recorded_at": datetime(2036, 8, 3, 8, tzinfo=UTC)})
    report = clinics.LaboratoryReported(
        visit_id=visit(), clinic_id="02123", station="BLD", reported_at=ahead.recorded_at, rows=[]
    )

    words = [said_at(word, datetime(2026, 8, 2, 16, tzinfo=UTC)) for word in (ahead, report)]
    refused = await deliver(consumer, database, words)

    assert [[p.code for p in event.problems] for event in refused] == [["record.in_future"]] * 2


async def test_a_record_is_taken_up_to_when_it_was_said_though_its_day_is_told_later(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    await deliver(consumer, database, [a_day(date(2026, 8, 2), datetime(2026, 8, 1, 17, tzinfo=UTC))])

    events = await deliver(
        consumer, database, [said_at(section, datetime(2026, 8, 3, 9, tzinfo=UTC)) for section in all_sections()]
    )

    assert len(of(said.ClassProposed, events)) == 1


async def test_an_amendment_dated_in_the_future_is_refused(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])
    await deliver(consumer, database, [a_day(date(2026, 8, 10), datetime(2026, 8, 9, 17, tzinfo=UTC))])

    refused = await deliver(consumer, database, [said_at(an_amendment(), datetime(2026, 8, 9, 9, tzinfo=UTC))])

    assert [p.code for p in refused[0].problems] == ["conclusion.in_future"]


async def test_an_amendment_without_a_reason_is_refused(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])

    events = await deliver(consumer, database, [an_amendment(reason=" ")])

    assert [p.code for p in events[0].problems] == ["amendment.reason_missing"]


async def test_nothing_can_be_amended_before_it_was_concluded(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    events = await deliver(consumer, database, [an_amendment()])

    assert [p.code for p in events[0].problems] == ["examination.not_concluded"]


async def test_high_blood_pressure_opens_a_follow_up_that_a_clinic_closes_once(
    database: Database, deliver: Deliver
) -> None:
    await examined(database, deliver, systolic_mmhg=143)
    concluded = await deliver(consumer, database, [a_conclusion(final_class=3)])
    opened = of(said.FollowUpOpened, concluded)[0]
    closing = clinics.FollowUpClosed(
        follow_up_id=opened.follow_up_id, visit_id=visit(), clinic_id="02123", closed_on=date(2026, 9, 1),
        outcome="huyết áp ổn định",
    )  # fmt: skip

    first = await deliver(consumer, database, [closing])
    second = await deliver(consumer, database, [closing])

    assert of(said.FollowUpClosed, first)
    assert [p.code for p in second[0].problems] == ["follow_up.closed"]


async def test_a_follow_up_is_closed_from_its_own_visit_and_with_an_outcome(
    database: Database, deliver: Deliver
) -> None:
    await examined(database, deliver, systolic_mmhg=143)
    opened = of(said.FollowUpOpened, await deliver(consumer, database, [a_conclusion(final_class=3)]))[0]
    closing = clinics.FollowUpClosed(
        follow_up_id=opened.follow_up_id, visit_id=visit(7), clinic_id="09999", closed_on=date(2026, 9, 1),
        outcome=" ",
    )  # fmt: skip

    events = await deliver(consumer, database, [closing])

    assert [p.code for p in events[0].problems] == [
        "record.other_clinic", "follow_up.other_visit", "follow_up.outcome_missing",
    ]  # fmt: skip


async def test_a_follow_up_is_closed_neither_before_the_visit_nor_on_a_day_to_come(
    database: Database, deliver: Deliver
) -> None:
    await examined(database, deliver, systolic_mmhg=143)
    opened = of(said.FollowUpOpened, await deliver(consumer, database, [a_conclusion(final_class=3)]))[0]
    await deliver(consumer, database, [a_day(date(2026, 8, 10), datetime(2026, 8, 9, 17, tzinfo=UTC))])
    closing = clinics.FollowUpClosed(
        follow_up_id=opened.follow_up_id, visit_id=visit(), clinic_id="02123", closed_on=date(2026, 8, 2),
        outcome="huyết áp bình thường",
    )  # fmt: skip
    later = closing.model_copy(update={"closed_on": date(2026, 8, 12)})

    before = await deliver(consumer, database, [closing])
    waits = await deliver(consumer, database, [said_at(later, datetime(2026, 8, 10, 2, tzinfo=UTC))])
    refused = await deliver(consumer, database, [a_day(date(2026, 8, 11), datetime(2026, 8, 10, 17, tzinfo=UTC))])

    assert waits == []
    assert [[p.code for p in event.problems] for event in [*before, *refused]] == [
        ["follow_up.before_visit"], ["follow_up.in_future"],
    ]  # fmt: skip


async def test_an_amendment_opens_no_follow_up_twice(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver, systolic_mmhg=143)
    await deliver(consumer, database, [a_conclusion(final_class=3)])

    events = await deliver(consumer, database, [an_amendment()])

    assert of(said.FollowUpOpened, events) == []


async def test_ten_like_suspicions_in_one_unit_alert_once_without_names(database: Database, deliver: Deliver) -> None:
    noisy = [{"hazard": "PHYS_NOISE"}]
    clusters = []
    for number in range(12):
        await deliver(
            consumer,
            database,
            [a_worker(number, exposures=noisy), an_appointment(number, stations=["REC", *HEALTHY, "AUD"])],
        )
        await deliver(consumer, database, all_sections(number))
        await deliver(consumer, database, [a_section("AUD", number, hearing_loss_db=50)])
        events = await deliver(consumer, database, [a_conclusion(number, final_class=4, override_reason="thính lực")])
        clusters += of(said.ClusterDetected, events)

    assert [(c.at_least, worker(0).hex in c.model_dump_json()) for c in clusters] == [(10, False)]
