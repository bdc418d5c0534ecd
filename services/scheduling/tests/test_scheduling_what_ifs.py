"""What if: both sides are computed alike, side by side, and nothing is ever published by asking."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from scheduling_builders import (
    CAMPAIGN,
    CLINIC,
    EXAM_DAY,
    LINE,
    SITE,
    TODAY,
    a_campaign,
    a_line,
    a_permit,
    a_session,
    a_unit,
    a_window,
    booking,
    day_started,
    rosters_closed,
    scope_frozen,
    workers,
)

from contracts import clinics, health, unions
from contracts.coordination import CampaignClosed, Figures
from contracts.fields import ImaginedSession, OtherCeiling, OtherSession
from contracts.plans import ClinicWhatIfAnswered, OwnSession, WhatIfAnswered
from scheduling.consumers import consumer
from scheduling.plan_runner import PlanRunner
from scheduling.settings import Settings
from shared import outbox
from shared.database import Database
from shared.outbox import Outgoing
from shared.testing import Deliver

pytestmark = pytest.mark.stack

SMALL = a_session(windows=[a_window(480, total=2)])
LATER = EXAM_DAY + timedelta(days=1)
SATURDAY = EXAM_DAY + timedelta(days=4)


async def a_published_world(database: Database, deliver: Deliver, people: int = 4, **line: Any) -> None:
    """Two of the people have the two places that there are."""
    await deliver(
        consumer, database,
        [a_campaign(), a_unit(), a_line(**line), *workers(people), rosters_closed(people), day_started(), a_permit(),
         SMALL],
    )  # fmt: skip
    await deliver(consumer, database, [scope_frozen(), booking(0, SMALL), booking(1, SMALL)])
    await database.pool.execute("DELETE FROM plan_runs")


def a_question(**fields: Any) -> unions.WhatIfAsked:
    return unions.WhatIfAsked(**{"request_id": uuid4(), "campaign_id": CAMPAIGN, **fields})


def another(session_id: UUID | None = None, **fields: Any) -> OtherSession:
    return OtherSession(session_id=session_id or uuid4(), **fields)


def asked_by(party: str, question: unions.WhatIfAsked | None = None) -> Outgoing:
    return outbox.origin(
        question or a_question(), source=party, id=uuid4(), time=datetime(2027, 3, 8, tzinfo=UTC), party=party,
        actor="an officer",
    )  # fmt: skip


async def computed(database: Database) -> None:
    settings = Settings(database_url="", kafka_bootstrap_servers="", plan_seconds=0.5, plan_poll_seconds=0.05)
    assert await PlanRunner(settings).answer_next(database, asyncio.Event())


async def answered(database: Database, deliver: Deliver, question: Any) -> WhatIfAnswered:
    return WhatIfAnswered.model_validate_json(await said_to(database, deliver, question))


async def answered_to_the_clinic(database: Database, deliver: Deliver, **sessions: Any) -> ClinicWhatIfAnswered:
    await a_plan_in_force(database)
    return ClinicWhatIfAnswered.model_validate_json(await said_to(database, deliver, a_clinics_question(**sessions)))


async def said_to(database: Database, deliver: Deliver, question: Any) -> str:
    await deliver(consumer, database, [question])
    await computed(database)
    value: str = await database.pool.fetchval(
        "SELECT value FROM outbox WHERE headers::text LIKE '%what-if.answered%' ORDER BY position DESC LIMIT 1"
    )
    return value


async def a_plan_in_force(database: Database) -> None:
    await database.pool.execute(
        "INSERT INTO plan_runs (plan_id, campaign_id, kind, asked_on, seed, causes, asked_at, state)"
        " VALUES ($1, $2, 'initial', $3, 1, '{}', now(), 'published')",
        uuid4(), CAMPAIGN, TODAY,
    )  # fmt: skip


def a_clinics_question(**fields: Any) -> clinics.WhatIfAsked:
    imagined = ImaginedSession(**{"session_id": SMALL.session_id, **fields})
    return clinics.WhatIfAsked(request_id=uuid4(), clinic_id=CLINIC, campaign_id=CAMPAIGN, sessions=[imagined])


async def test_more_places_serve_more_people_and_move_nobody(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)
    wider = another(SMALL.session_id, windows=[a_window(480, total=3)])

    said = await answered(database, deliver, a_question(sessions=[wider]))

    assert said.in_force is not None
    assert said.imagined is not None
    assert (said.in_force.appointments, said.imagined.appointments) == (2, 3)
    assert (said.imagined.moved, said.imagined.unassigned) == (0, {"capacity_exhausted": 1})
    assert "2 → 3" in said.text_vi[0]
    assert "khoảng 1.000 đồng" in said.text_vi[-1]
    assert "about 1,000 VND" in said.text_en[-1]
    assert await database.pool.fetchval("SELECT count(*) FROM plan_runs") == 0
    assert await database.pool.fetchval("SELECT count(*) FROM appointments") == 2


async def test_a_session_that_would_not_be_held_moves_its_people(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)
    instead = another(site=SITE, day=LATER, windows=[a_window(480, total=4)])

    said = await answered(database, deliver, a_question(sessions=[another(SMALL.session_id, held=False), instead]))

    assert said.imagined is not None
    assert (said.imagined.appointments, said.imagined.moved, said.imagined.sessions_used) == (4, 2, 1)
    assert said.imagined.cost == sum(said.imagined.cost_parts.values()) < 100_000
    assert any("keeps every appointment" in line for line in said.text_en)


async def test_a_higher_ceiling_lets_more_of_a_line_go_at_once(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver, headcount=10, max_absent_pct=20)
    wider = a_session(windows=[a_window(480, total=9)])
    await deliver(consumer, database, [wider])

    said = await answered(
        database, deliver, a_question(ceilings=[OtherCeiling(line_id=LINE, max_absent_pct=40)], anew=True)
    )

    assert said.in_force is not None
    assert said.imagined is not None
    assert (said.in_force.appointments, said.in_force.unassigned) == (2, {"line_absence_limit": 2})
    assert said.imagined.appointments == 4


async def test_the_authority_asks_too_and_another_day_is_another_plan(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)
    question = health.WhatIfAsked(
        request_id=uuid4(), campaign_id=CAMPAIGN, sessions=[another(SMALL.session_id, day=SATURDAY)], anew=True
    )

    said = await answered(database, deliver, question)

    assert said.in_force is not None
    assert said.imagined is not None
    assert said.imagined.appointments == said.in_force.appointments == 2
    assert said.imagined.cost_parts["rest_day"] > said.in_force.cost_parts.get("rest_day", 0)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"sessions": [another()]}, "what-if.session-incomplete"),
        ({"sessions": [another(SMALL.session_id, day=TODAY)]}, "what-if.session-past"),
        ({"ceilings": [OtherCeiling(line_id=uuid4(), max_absent_pct=10)]}, "what-if.unknown-line"),
    ],
)
async def test_a_question_that_no_plan_can_answer_is_refused_with_its_reason(
    database: Database, deliver: Deliver, question: dict[str, Any], code: str
) -> None:
    await a_published_world(database, deliver)

    said = await answered(database, deliver, a_question(**question))

    assert [p.code for p in said.problems] == [code]
    assert said.problems[0].message_vi
    assert said.imagined is None


async def test_a_campaign_that_is_over_answers_no_questions(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)
    over = CampaignClosed(
        campaign_id=CAMPAIGN, on_day=TODAY, figures=Figures(), digest="d", signature="s", public_key="k"
    )
    await deliver(consumer, database, [over])

    said = await deliver(consumer, database, [a_question()])

    assert [p.code for p in said[0].problems] == ["campaign.closed"]


async def test_a_session_outside_the_campaigns_period_is_not_asked_about(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)
    far = another(site=SITE, day=date(2200, 1, 1), windows=[a_window()])

    said = await deliver(consumer, database, [a_question(sessions=[far])])

    assert [p.code for p in said[0].problems] == ["session.outside-campaign"]


async def test_a_party_has_one_open_question_in_a_campaign(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)

    said = await deliver(consumer, database, [asked_by("unions/1"), asked_by("unions/1"), asked_by("health/1")])

    assert [[p.code for p in answer.problems] for answer in said] == [["what-if.one-at-a-time"]]
    assert said[0].problems[0].message_vi
    assert await database.pool.fetchval("SELECT count(*) FROM what_ifs") == 2


async def test_a_question_asked_twice_is_answered_to_both_and_its_id_serves_nobody_else(
    database: Database, deliver: Deliver
) -> None:
    await a_published_world(database, deliver)
    question = a_question()
    askers = ("unions/1", "unions/1", "unions/2")
    refused = await deliver(consumer, database, [asked_by(asker, question) for asker in askers])

    await computed(database)
    late = await deliver(consumer, database, [asked_by("unions/1", question)])

    (causes,) = await database.pool.fetch("SELECT causes FROM what_ifs")
    headers = await database.pool.fetchval("SELECT headers::text FROM outbox ORDER BY position DESC OFFSET 1 LIMIT 1")
    assert [p.code for answer in (*refused, *late) for p in answer.problems] == ["what-if.asked-already"] * 2
    assert len(causes["causes"]) == 2
    assert all(cause in headers for cause in causes["causes"])


async def test_a_plan_that_is_asked_for_goes_before_a_question_that_is_computed(
    database: Database, deliver: Deliver
) -> None:
    await a_published_world(database, deliver)
    await deliver(consumer, database, [a_question(), a_session(day=LATER)])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    await computed(database)
    gave_way = await database.pool.fetchrow("SELECT state, attempt - yielded AS tries FROM what_ifs")
    await database.pool.execute("DELETE FROM plan_runs")
    await computed(database)

    assert tuple(gave_way) == ("queued", 0)
    assert await database.pool.fetchval("SELECT state FROM what_ifs") == "answered"


async def test_people_of_a_session_on_another_day_count_as_moved(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)

    said = await answered(database, deliver, a_question(sessions=[another(SMALL.session_id, day=LATER)]))

    assert said.in_force is not None
    assert said.imagined is not None
    assert (said.in_force.moved, said.imagined.appointments, said.imagined.moved) == (0, 2, 2)


async def test_a_clinic_learns_what_another_desk_would_bring_its_own_session(
    database: Database, deliver: Deliver
) -> None:
    await a_published_world(database, deliver)
    foreign = a_session(day=LATER, clinic_id="08999", windows=[a_window(480, total=1)])
    await deliver(consumer, database, [foreign, a_permit(permit_id=uuid4(), clinic_id="08999")])

    said = await answered_to_the_clinic(database, deliver, windows=[a_window(480, total=3)])

    assert said.in_force is not None
    assert said.imagined is not None
    own = {"session_id": SMALL.session_id, "day": EXAM_DAY}
    assert said.in_force.sessions == [OwnSession(**own, seats=2, visits=2)]
    assert said.imagined.sessions == [OwnSession(**own, seats=3, visits=3)]
    assert (said.in_force.appointments, said.imagined.appointments, said.imagined.moved) == (3, 4, 0)
    assert any("2 → 3" in line for line in said.text_vi)
    assert str(foreign.session_id) not in said.model_dump_json()


async def test_a_clinic_learns_what_its_session_a_day_later_or_not_at_all_would_bring(
    database: Database, deliver: Deliver
) -> None:
    await a_published_world(database, deliver)

    later = await answered_to_the_clinic(database, deliver, day=LATER)
    without = await answered_to_the_clinic(database, deliver, held=False)

    assert later.imagined is not None
    assert without.imagined is not None
    assert [(s.day, s.visits) for s in later.imagined.sessions] == [(LATER, 2)]
    assert [(s.seats, s.visits) for s in without.imagined.sessions] == [(0, 0)]
    assert [side.moved for side in (later.imagined, without.imagined)] == [2, 2]


async def test_a_clinic_learns_who_would_come_to_one_more_session_of_its_own(
    database: Database, deliver: Deliver
) -> None:
    await a_published_world(database, deliver)
    fresh = {"session_id": uuid4(), "site": SITE, "day": LATER, "windows": [a_window(480, total=4)]}

    said = await answered_to_the_clinic(database, deliver, **fresh)

    assert said.imagined is not None
    assert [(s.day, s.visits) for s in said.imagined.sessions] == [(EXAM_DAY, 2), (LATER, 2)]


async def test_a_clinic_asks_about_no_other_clinics_session(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)
    foreign = a_session(day=LATER, clinic_id="08999")
    await deliver(consumer, database, [foreign])

    said = await answered_to_the_clinic(database, deliver, session_id=foreign.session_id, held=False)

    assert [p.code for p in said.problems] == ["session.of-another-clinic"]
    assert said.imagined is None


async def test_a_clinic_learns_nothing_of_plans_before_one_is_published(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver)

    (said,) = await deliver(consumer, database, [a_clinics_question(held=False)])

    assert isinstance(said, ClinicWhatIfAnswered)
    assert [p.code for p in said.problems] == ["what-if.no-plan-yet"]
    assert await database.pool.fetchval("SELECT count(*) FROM what_ifs") == 0


async def test_a_lower_ceiling_moves_whoever_is_too_many(database: Database, deliver: Deliver) -> None:
    await a_published_world(database, deliver, people=2, headcount=10, max_absent_pct=20)
    await deliver(consumer, database, [a_session(day=LATER)])

    said = await answered(database, deliver, a_question(ceilings=[OtherCeiling(line_id=LINE, max_absent_pct=10)]))

    assert said.imagined is not None
    assert (said.imagined.appointments, said.imagined.moved, said.imagined.held) == (2, 1, [])


async def test_a_ceiling_too_low_for_frozen_appointments_is_answered_with_the_fault_named(
    database: Database, deliver: Deliver
) -> None:
    await a_published_world(database, deliver, people=2, headcount=10, max_absent_pct=20)
    await deliver(consumer, database, [day_started(EXAM_DAY - timedelta(days=1))])

    said = await answered(database, deliver, a_question(ceilings=[OtherCeiling(line_id=LINE, max_absent_pct=10)]))

    assert said.imagined is not None
    assert (said.imagined.appointments, said.imagined.moved) == (2, 0)
    assert [fault.code for fault in said.imagined.held] == ["plan.held-beyond-ceiling"]
    assert f"Dây chuyền Tổ 1, {EXAM_DAY:%d/%m/%Y} 07:50: vượt trần vắng mặt" in said.text_vi[-1]
    assert said.text_en[-1].endswith("(2/1).")
