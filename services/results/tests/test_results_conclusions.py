"""The concluding doctor's word: what it needs, who is told, and how it is corrected."""

from datetime import date

import pytest
from results_builders import (
    a_conclusion,
    a_section,
    a_worker,
    all_sections,
    an_amendment,
    an_appointment,
    examined,
    of,
)

from contracts import results as said
from results.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


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


async def test_a_clinic_neither_concludes_nor_amends_anothers_visit(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    concluded = await deliver(consumer, database, [a_conclusion(clinic_id="09999")])
    await deliver(consumer, database, [a_conclusion()])
    amended = await deliver(consumer, database, [an_amendment(clinic_id="09999")])

    assert [[p.code for p in event.problems] for event in [*concluded, *amended]] == [["record.other_clinic"]] * 2


async def test_an_amendment_without_a_reason_is_refused(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])

    events = await deliver(consumer, database, [an_amendment(reason=" ")])

    assert [p.code for p in events[0].problems] == ["amendment.reason_missing"]


async def test_nothing_can_be_amended_before_it_was_concluded(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)

    events = await deliver(consumer, database, [an_amendment()])

    assert [p.code for p in events[0].problems] == ["examination.not_concluded"]
