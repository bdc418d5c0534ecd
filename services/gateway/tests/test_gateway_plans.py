"""Plans at the edge: explained for each purpose, declined and asked about by those entitled, make-up sessions shown."""

from uuid import UUID, uuid4

import pytest
from gateway_builders import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    Clients,
    a_campaign,
    an_appointment,
    an_offer,
    an_organisation,
    because,
    cloudevent,
    post,
)

from contracts import appointments, clinics, plans, scheduling, unions
from contracts import workers as worker_events
from contracts.base import Party
from contracts.coordination import PlanApproved, PlanDeclined
from contracts.fields import ImaginedSession, OtherCeiling
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()


class World:
    """A union with two units, a campaign and a proposed plan with a case in each unit."""

    def __init__(self) -> None:
        self.root, self.unit, self.other, self.campaign, self.plan = (uuid4() for _ in range(5))
        self.session, self.workers = uuid4(), {name: uuid4() for name in ("placed", "left out", "of the other")}

    def place(self, worker: str, unit: UUID, session: UUID | None) -> plans.PlaceCase:
        return plans.PlaceCase(
            health_check_id=uuid4(), worker_id=self.workers[worker], unit_id=unit, session_id=session,
            window=0 if session else None, reason=None if session else "capacity_exhausted",
            remedy=None if session else "one_more_place", remedy_station=None if session else "AUD",
            remedy_lacks=[] if session else [plans.Lack(kind="one_more_place", what="AUD")], others_lose=30,
            text_vi="vì sao", text_en="why",
        )  # fmt: skip

    @property
    def explained(self) -> plans.PlanExplained:
        case = plans.SessionCase(
            session_id=self.session, clinic_id=CLINIC, verdict="opened", visits=2, filled_pct=50, open_cost=6000,
            gain=12.5, elsewhere=700, stranded=1, text_vi="được mở", text_en="opened",
        )  # fmt: skip
        people = [
            self.place("placed", self.unit, self.session), self.place("left out", self.unit, None),
            self.place("of the other", self.other, self.session),
        ]  # fmt: skip
        return plans.PlanExplained(
            plan_id=self.plan, campaign_id=self.campaign, part=1, parts=1, sessions=[case], people=people
        )

    @property
    def proposed(self) -> plans.PlanProposed:
        return plans.PlanProposed(
            plan_id=self.plan, campaign_id=self.campaign, kind="initial", on_day=DAY, demand=3, appointments=2,
            unassigned={"capacity_exhausted": 1}, sessions_used=1, cost=9, lower_bound=8, inputs_digest="x",
        )  # fmt: skip


@pytest.fixture
async def world(database: Database, deliver: Deliver) -> World:
    world = World()
    units = [an_organisation(unit, world.root) for unit in (world.unit, world.other)]
    campaign = a_campaign(world.campaign, [world.root], [world.unit, world.other])
    tree = [an_organisation(world.root, kind="LDLD_TINH"), *units]
    await deliver(CONSUMER, database, [*tree, campaign, world.explained, world.proposed])
    return world


async def test_a_union_reads_why_its_own_people_have_their_windows(as_: Clients, world: World) -> None:
    root, unit = await as_.union(world.root), await as_.union(world.unit)

    all_of_them = (await root.get(f"/plans/{world.plan}/people")).json()["items"]
    own = (await unit.get(f"/plans/{world.plan}/people")).json()["items"]
    left_out = (await unit.get(f"/plans/{world.plan}/people", params={"left_out": True})).json()["items"]

    assert {case["worker_id"] for case in all_of_them} == {str(worker) for worker in world.workers.values()}
    assert {case["worker_id"] for case in own} == {str(world.workers["placed"]), str(world.workers["left out"])}
    assert [(case["reason"], case["remedy"], case["remedy_station"]) for case in left_out] == [
        ("capacity_exhausted", "one_more_place", "AUD")
    ]
    assert left_out[0]["remedy_lacks"] == [{"kind": "one_more_place", "what": "AUD"}]
    assert {case["others_lose"] for case in own} == {30}


async def test_the_authority_reads_cases_and_not_whose_they_are(as_: Clients, world: World) -> None:
    authority = await as_.health()

    people = await authority.get(f"/plans/{world.plan}/people")
    sessions = (await authority.get(f"/plans/{world.plan}/sessions")).json()["items"]

    assert len(people.json()["items"]) == 3
    assert not any(str(worker) in people.text for worker in world.workers.values())
    assert [(case["verdict"], case["text_vi"]) for case in sessions] == [("opened", "được mở")]
    assert [(case["elsewhere"], case["stranded"]) for case in sessions] == [(700, 1)]


async def test_a_clinic_reads_its_own_sessions_once_the_plan_is_published(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    clinic, other = await as_.clinic(CLINIC), await as_.clinic(OTHER_CLINIC)
    early = await clinic.get(f"/plans/{world.plan}/people")
    published = plans.PlanPublished(plan_id=world.plan, campaign_id=world.campaign, appointments=2)
    approved = PlanApproved(plan_id=world.plan, campaign_id=world.campaign)
    await deliver(CONSUMER, database, [approved, published])

    own = (await clinic.get(f"/plans/{world.plan}/people")).json()["items"]
    foreign = (await other.get(f"/plans/{world.plan}/people")).json()["items"]

    assert early.status_code == 404
    assert {case["worker_id"] for case in own} == {
        str(world.workers["placed"]), str(world.workers["of the other"])
    }  # fmt: skip
    assert foreign == []


async def test_the_cases_of_a_plan_that_is_given_up_are_dropped_whenever_they_come(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    authority, late = await as_.health(), World()
    before = len((await authority.get(f"/plans/{world.plan}/people")).json()["items"])

    given_up = [
        plans.PlanWithdrawn(plan_id=one.plan, campaign_id=one.campaign, reason="expired") for one in (world, late)
    ]
    await deliver(CONSUMER, database, given_up)
    await deliver(CONSUMER, database, [late.explained])

    assert before == 3
    assert (await authority.get(f"/plans/{world.plan}/people")).json()["items"] == []
    assert await database.pool.fetchval("SELECT count(*) FROM plan_places") == 0
    assert await database.pool.fetchval("SELECT count(*) FROM plan_sessions") == 0


async def test_a_stranger_reads_no_plan(as_: Clients, world: World) -> None:
    stranger = await as_.union(uuid4())

    answers = [await stranger.get(f"/plans/{world.plan}/{what}") for what in ("people", "sessions")]
    unknown = await (await as_.health()).get(f"/plans/{uuid4()}/sessions")

    assert [answer.status_code for answer in (*answers, unknown)] == [404, 404, 404]


async def test_declining_a_plan_gets_a_receipt_that_coordination_closes(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    client = await as_.union(world.root)
    said = unions.PlanDeclined(plan_id=world.plan, campaign_id=world.campaign)
    receipt = (await post(client, said)).json()["receipt_id"]
    ref = await database.pool.fetchval("SELECT ref FROM receipts")
    declined = PlanDeclined(plan_id=world.plan, campaign_id=world.campaign, party="unions")
    withdrawn = plans.PlanWithdrawn(plan_id=world.plan, campaign_id=world.campaign, reason="declined")

    await deliver(CONSUMER, database, [because(declined, ref), withdrawn])

    assert (await client.get(f"/receipts/{receipt}")).json()["state"] == "answered"
    (plan,) = (await client.get(f"/campaigns/{world.campaign}/plans")).json()
    assert (plan["state"], plan["reason"]) == ("abandoned", "declined")


async def test_the_day_tells_of_each_plan_being_computed_whose_it_is(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    plan, settled, campaign = uuid4(), uuid4(), uuid4()
    swept = scheduling.DaySwept(day=DAY, planning=[plan, settled], campaign_ids=[campaign, campaign])
    withdrawn = plans.PlanWithdrawn(plan_id=settled, campaign_id=campaign, reason="declined")
    await deliver(CONSUMER, database, [swept, withdrawn])

    shown = (await (await as_.union(uuid4())).get("/day")).json()

    assert shown["planning"] == [{"plan_id": str(plan), "campaign_id": str(campaign)}]


async def test_a_repair_is_under_way_before_another_day_begins_until_it_is_proposed(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    repair = plans.PlanAsked(plan_id=uuid4(), campaign_id=world.campaign, kind="repair", on_day=DAY)
    reader = await as_.union(world.root)

    await deliver(CONSUMER, database, [repair])
    during = (await reader.get("/day")).json()["planning"]
    await deliver(CONSUMER, database, [world.proposed.model_copy(update={"plan_id": repair.plan_id})])
    await deliver(CONSUMER, database, [scheduling.DaySwept(day=DAY), repair])
    after = (await reader.get("/day")).json()["planning"]

    assert during == [{"plan_id": str(repair.plan_id), "campaign_id": str(world.campaign)}]
    assert after == []


async def test_a_union_asks_about_campaigns_of_its_own_only(as_: Clients, world: World) -> None:
    question = unions.WhatIfAsked(
        request_id=uuid4(), campaign_id=world.campaign, ceilings=[OtherCeiling(line_id=uuid4(), max_absent_pct=12)]
    )

    of_root = await post(await as_.union(world.root), question)
    of_unit = await post(await as_.union(world.unit), question)

    assert of_root.status_code == 202
    assert of_unit.status_code == 403
    assert [p["code"] for p in of_unit.json()["problems"]] == ["party.campaign"]


async def test_a_clinic_asks_about_its_own_sessions_only_and_is_told_in_its_feed(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    own, foreign = uuid4(), uuid4()
    offers = [an_offer(own, world.campaign), an_offer(foreign, world.campaign, OTHER_CLINIC)]
    await deliver(CONSUMER, database, offers)
    clinic = await as_.clinic()
    questions = {name: a_clinics_question(world.campaign, session) for name, session in (("own", own), ("of", foreign))}

    asked = cloudevent(questions["own"])
    accepted, refused = await post(clinic, asked), await post(clinic, questions["of"])
    as_other = await post(await as_.clinic(OTHER_CLINIC), questions["own"])
    outcome = plans.OwnOutcome(demand=9, appointments=8, moved=0, sessions=[])
    answer = plans.ClinicWhatIfAnswered(
        request_id=questions["own"].request_id, clinic_id=CLINIC, campaign_id=world.campaign, in_force=outcome
    )
    await deliver(CONSUMER, database, [because(answer, f"clinics/{CLINIC}#{asked['id']}")])

    assert accepted.status_code == 202
    assert [p["code"] for p in refused.json()["problems"]] == ["party.visit"]
    assert "party.clinic" in [p["code"] for p in as_other.json()["problems"]]
    (told,) = (await clinic.get(f"/clinics/{CLINIC}/feed")).json()["entries"]
    assert told["data"]["in_force"] == {"demand": 9, "appointments": 8, "moved": 0, "sessions": []}
    receipt = (await clinic.get(f"/receipts/{accepted.json()['receipt_id']}")).json()
    assert [said["data"]["request_id"] for said in receipt["answers"]] == [str(answer.request_id)]


def a_clinics_question(campaign: UUID, session: UUID) -> clinics.WhatIfAsked:
    without = ImaginedSession(session_id=session, held=False)
    return clinics.WhatIfAsked(request_id=uuid4(), clinic_id=CLINIC, campaign_id=campaign, sessions=[without])


async def test_a_clinic_reads_where_a_make_up_session_is_missing(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    missing = scheduling.MakeUpSessionProposed(
        campaign_id=world.campaign, site="00691", on_day=DAY, people=35, urgent=2, stations={"INT": 35, "AUD": 4}
    )
    await deliver(CONSUMER, database, [missing])

    (shown,) = (await (await as_.clinic()).get(f"/campaigns/{world.campaign}/make-up-sessions")).json()

    assert (shown["site"], shown["people"], shown["stations"]) == ("00691", 35, {"INT": 35, "AUD": 4})


async def test_a_worker_asks_for_nobody_else(as_: Clients, database: Database, deliver: Deliver) -> None:
    me, other, mine, others = uuid4(), uuid4(), uuid4(), uuid4()
    visits = [an_appointment(appointment_id=visit, worker_id=who) for visit, who in ((mine, me), (others, other))]
    await deliver(CONSUMER, database, [appointments.AppointmentMade(**visit, by="plan") for visit in visits])
    client = await as_.party(Party.WORKERS, str(me))

    answers = [
        await post(client, said)
        for said in (
            worker_events.BookingRequested(request_id=uuid4(), worker_id=me, session_id=uuid4()),
            worker_events.BookingRequested(request_id=uuid4(), worker_id=other, session_id=uuid4()),
            worker_events.MoveRequested(request_id=uuid4(), worker_id=me, appointment_id=mine),
            worker_events.MoveRequested(request_id=uuid4(), worker_id=me, appointment_id=others),
            worker_events.RefusalWithdrawn(request_id=uuid4(), worker_id=me, campaign_id=uuid4()),
            worker_events.RefusalWithdrawn(request_id=uuid4(), worker_id=other, campaign_id=uuid4()),
        )
    ]

    assert [answer.status_code for answer in answers] == [202, 403] * 3
    refused = [p["code"] for answer in answers[1::2] for p in answer.json()["problems"]]
    assert refused == ["party.worker", "party.visit", "party.worker"]
