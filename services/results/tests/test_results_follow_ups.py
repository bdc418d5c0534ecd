"""What a conclusion asks for next, opened and closed once; of a suspected disease, up to the referral to assessment."""

from datetime import date
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
    examined,
    of,
    visit,
    worker,
)

from contracts import clinics
from contracts import results as said
from results.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def suspected(database: Database, deliver: Deliver, hazard: str, **findings: Any) -> said.FollowUpOpened:
    """A worker of whom a disease is suspected that comes of a hazard."""
    station = "AUD" if hazard == "PHYS_NOISE" else "BLD"
    place = an_appointment(stations=["REC", *HEALTHY, station])
    await deliver(consumer, database, [a_worker(exposures=[{"hazard": hazard}]), place, *all_sections()])
    await deliver(consumer, database, [a_section(station, **findings)])
    concluded = await deliver(consumer, database, [a_conclusion(final_class=2, override_reason="theo dõi")])
    (opened,) = [event for event in concluded if isinstance(event, said.FollowUpOpened)]
    return opened


def closing(opened: said.FollowUpOpened, on: date, **changes: Any) -> clinics.FollowUpClosed:
    fields = {"follow_up_id": opened.follow_up_id, "visit_id": visit(), "clinic_id": "02123", "closed_on": on,
              "outcome": "hội chẩn"}  # fmt: skip
    return clinics.FollowUpClosed.model_validate(fields | changes)


async def test_a_follow_up_says_what_for_by_which_rule_and_whose_clock(database: Database, deliver: Deliver) -> None:
    opened = await suspected(database, deliver, "PHYS_NOISE", hearing_loss_db=50)

    assert (opened.reason, opened.due_on) == ("noise_induced_hearing_loss", date(2026, 8, 27))
    assert opened.text_vi is not None
    assert opened.text_en is not None
    assert (opened.rule_set, opened.legal_source) == ("follow-ups-2026.1", "TT 56/2025/TT-BYT art 4–9")


async def test_a_confirmed_disease_that_cannot_be_treated_goes_to_assessment_at_once(
    database: Database, deliver: Deliver
) -> None:
    opened = await suspected(database, deliver, "PHYS_NOISE", hearing_loss_db=50)

    events = await deliver(consumer, database, [closing(opened, date(2026, 8, 20), diagnosis="confirmed")])

    closed, referral = events
    assert isinstance(closed, said.FollowUpClosed)
    assert (referral.kind, referral.due_on, referral.legal_source) == (
        "referral", date(2026, 8, 20), "TT 56/2025/TT-BYT art 18; TT 60/2025/TT-BYT",
    )  # fmt: skip


async def test_another_is_treated_first_and_assessed_within_twenty_days_after(
    database: Database, deliver: Deliver
) -> None:
    opened = await suspected(database, deliver, "CHEM_PB", blood_lead_ug_dl=45)

    (_, treatment) = await deliver(consumer, database, [closing(opened, date(2026, 8, 20), diagnosis="confirmed")])
    (_, referral) = await deliver(consumer, database, [closing(treatment, date(2026, 10, 1))])
    last = await deliver(consumer, database, [closing(referral, date(2026, 10, 15))])

    assert (treatment.kind, referral.kind, referral.due_on) == ("treatment", "referral", date(2026, 10, 21))
    assert [type(event) for event in last] == [said.FollowUpClosed]


@pytest.mark.parametrize("diagnosis", ["excluded", None])
async def test_nothing_follows_a_suspicion_that_was_not_confirmed(
    database: Database, deliver: Deliver, diagnosis: str | None
) -> None:
    opened = await suspected(database, deliver, "PHYS_NOISE", hearing_loss_db=50)

    events = await deliver(consumer, database, [closing(opened, date(2026, 8, 20), diagnosis=diagnosis)])

    assert [type(event) for event in events] == [said.FollowUpClosed]


async def test_a_diagnosis_closes_suspicions_only(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment(), *all_sections(systolic_mmhg=143)])
    concluded = await deliver(consumer, database, [a_conclusion(final_class=3)])
    retest = next(event for event in concluded if isinstance(event, said.FollowUpOpened))

    events = await deliver(consumer, database, [closing(retest, date(2026, 9, 1), diagnosis="confirmed")])

    assert [problem.code for problem in events[0].problems] == ["follow_up.no_suspicion"]


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
