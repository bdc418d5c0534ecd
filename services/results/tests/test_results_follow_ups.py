"""A suspected occupational disease, from the finding to the referral to assessment."""

from datetime import date
from typing import Any

import pytest
from results_builders import HEALTHY, a_conclusion, a_section, a_worker, all_sections, an_appointment, visit

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
