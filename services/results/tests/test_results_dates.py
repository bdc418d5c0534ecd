"""What is dated on a day that cannot be: before the visit, or to come."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

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
    visit,
)

from contracts import clinics, coordination
from contracts import results as said
from results.consumers import consumer
from shared.database import Database
from shared.outbox import outgoing
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def test_an_amendment_is_dated_after_the_version_that_it_corrects(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])
    await deliver(consumer, database, [an_amendment()])

    refused = await deliver(consumer, database, [an_amendment(amended_on=date(2026, 8, 19))])

    assert [p.code for p in refused[0].problems] == ["amendment.before_conclusion"]


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


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=30)], ids=["in time", "of a clock that is ahead"])
async def test_a_record_is_taken_up_to_when_it_was_said_though_its_day_is_told_later(
    database: Database, deliver: Deliver, ahead: timedelta
) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment()])
    await deliver(consumer, database, [a_day(date(2026, 8, 2), datetime(2026, 8, 1, 17, tzinfo=UTC))])

    events = await deliver(
        consumer,
        database,
        [said_at(section, datetime(2026, 8, 3, 8, tzinfo=UTC) - ahead) for section in all_sections()],
    )

    assert len(of(said.ClassProposed, events)) == 1


async def test_an_amendment_dated_in_the_future_is_refused(database: Database, deliver: Deliver) -> None:
    await examined(database, deliver)
    await deliver(consumer, database, [a_conclusion()])
    await deliver(consumer, database, [a_day(date(2026, 8, 10), datetime(2026, 8, 9, 17, tzinfo=UTC))])

    refused = await deliver(consumer, database, [said_at(an_amendment(), datetime(2026, 8, 9, 9, tzinfo=UTC))])

    assert [p.code for p in refused[0].problems] == ["conclusion.in_future"]


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
