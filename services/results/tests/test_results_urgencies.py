"""What cannot wait for the conclusion is told as soon as a desk has found it, once, and to the clinic."""

import pytest
from results_builders import CLINIC, HEALTHY, a_section, a_worker, all_sections, an_appointment, visit

from contracts import clinics
from contracts.base import Event
from contracts.results import ClassProposed, FindingEscalated
from results.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


def told(events: list[Event]) -> list[tuple[str, list[str]]]:
    return [(e.station, [one.code for one in e.escalations]) for e in events if isinstance(e, FindingEscalated)]


async def test_the_first_desk_of_a_visit_already_escalates(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])

    (event,) = await deliver(consumer, database, [a_section("MEA", systolic_mmhg=190, diastolic_mmhg=112)])

    assert told([event]) == [("MEA", ["hypertensive_crisis"])]
    assert (event.clinic_id, event.rule_set) == (CLINIC, "escalations-2026.1")
    assert all((one.message_vi, one.message_en) for one in event.escalations)


async def test_what_was_told_is_not_told_again_and_the_proposal_names_it_too(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    first = await deliver(consumer, database, [a_section("MEA", systolic_mmhg=190, diastolic_mmhg=112)])

    again = await deliver(consumer, database, [a_section("MEA", hour=9, systolic_mmhg=195, pulse_per_minute=140)])
    rest = await deliver(consumer, database, [section for section in all_sections() if section.station != "MEA"])

    assert told(first) == [("MEA", ["hypertensive_crisis"])]
    assert told(again) == [("MEA", ["critical_pulse"])]
    (proposal,) = [event for event in rest if isinstance(event, ClassProposed)]
    assert {one.code for one in proposal.escalations} == {"hypertensive_crisis", "critical_pulse"}


async def test_a_finding_of_two_desks_is_told_by_whichever_comes_last(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment(stations=["REC", *HEALTHY, "ECG"])])

    pain = await deliver(consumer, database, [a_section("INT", chest_pain=True)])
    heart = await deliver(consumer, database, [a_section("ECG", ecg_abnormal=True)])

    assert told(pain) == []
    assert told(heart) == [("ECG", ["chest_pain_with_abnormal_ecg"])]


async def test_a_laboratory_escalates_in_the_units_of_the_rules(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment(stations=["REC", *HEALTHY, "BLD"])])
    report = clinics.LaboratoryReported.model_validate({
        "visit_id": visit(), "clinic_id": CLINIC, "station": "BLD", "reported_at": "2026-08-05T03:00:00Z",
        "rows": [{"index": "glucose_mmol_l", "value": "396", "unit": "mg/dL"}],
    })  # fmt: skip

    events = await deliver(consumer, database, [report])

    assert told(events) == [("BLD", ["critical_glucose"])]


async def test_a_healthy_visit_escalates_nothing(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])

    events = await deliver(consumer, database, all_sections())

    assert told(events) == []
