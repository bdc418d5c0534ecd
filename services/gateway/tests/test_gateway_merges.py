"""What the edge shows of workers who are one person, and who may say that they are."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from gateway_builders import (
    DAY,
    Clients,
    a_campaign,
    a_day,
    a_due_check,
    a_session,
    a_worker,
    an_appointment,
    an_organisation,
    because,
    cloudevent,
    post,
)

from contracts import appointments, coordination, registry, results, scheduling, unions
from contracts import workers as worker_events
from contracts.base import Event, Party
from gateway.consumers import make_consumer
from gateway.read_models import reconciliation
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack
CONSUMER = make_consumer()
ROOT, UNIT, CAMPAIGN, SESSION = uuid4(), uuid4(), uuid4(), uuid4()
PERSON, RECORD = UUID(int=1), UUID(int=2)


class World:
    """One person with two workers, each with a check, one of them examined."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self.database, self._deliver = database, deliver
        self.checks = {PERSON: uuid4(), RECORD: uuid4()}
        self.visit = uuid4()

    async def hear(self, *events: Event) -> None:
        await self._deliver(CONSUMER, self.database, list(events))

    async def open(self) -> "World":
        about = {"unit_id": UNIT, "campaign_id": CAMPAIGN}
        visit = an_appointment(appointment_id=self.visit, session_id=SESSION, worker_id=RECORD, **about)
        await self.hear(
            a_day(), an_organisation(ROOT, kind="LDLD_TINH"), an_organisation(UNIT, ROOT),
            a_worker(PERSON, UNIT), a_worker(RECORD, UNIT), a_campaign(CAMPAIGN, [ROOT], [UNIT]),
            a_session(SESSION, CAMPAIGN),
            *(a_due_check(worker_id=worker, health_check_id=check, **about) for worker, check in self.checks.items()),
            coordination.ScopeFrozen(
                campaign_id=CAMPAIGN, on_day=DAY, units=[coordination.UnitDenominator(unit_id=UNIT, workers=2, due=2)]
            ),
            appointments.AppointmentMade(**visit, by="plan"), appointments.AppointmentKept(**visit),
            results.VisitConcluded(
                visit_id=self.visit, worker_id=RECORD, concluded_on=DAY, valid_until=date(2027, 3, 2), version=1,
                **about,
            ),
        )  # fmt: skip
        return self

    async def merge(self) -> None:
        await self.hear(
            registry.WorkerMerged(worker_id=RECORD, person_id=PERSON, version=1),
            scheduling.HealthCheckJoined(
                health_check_id=self.checks[PERSON], worker_id=PERSON, unit_id=UNIT, campaign_id=CAMPAIGN,
                joined_to=self.checks[RECORD],
            ),
        )  # fmt: skip

    async def undo(self) -> None:
        await self.hear(
            registry.WorkerMergeUndone(worker_id=RECORD, person_id=PERSON, version=2),
            scheduling.HealthCheckSeparated(
                health_check_id=self.checks[PERSON], worker_id=PERSON, unit_id=UNIT, campaign_id=CAMPAIGN
            ),
        )


@pytest.fixture
async def world(database: Database, deliver: Deliver) -> World:
    return await World(database, deliver).open()


async def test_a_person_reads_what_was_recorded_for_any_worker_of_theirs_until_it_is_undone(
    as_: Clients, world: World
) -> None:
    me = await as_.party(Party.WORKERS, str(PERSON))
    before = (await me.get("/workers/me")).json()

    await world.merge()
    during = (await me.get("/workers/me")).json()
    await world.undo()

    assert (before["also"], len(before["health_checks"]), before["visits"]) == ([], 1, [])
    assert (during["also"], len(during["health_checks"])) == ([str(RECORD)], 2)
    assert [visit["visit_id"] for visit in during["visits"]] == [str(world.visit)]
    assert (await me.get("/workers/me")).json() == before


async def test_a_person_may_ask_to_move_a_visit_that_any_worker_of_theirs_is_shown(as_: Clients, world: World) -> None:
    me = await as_.party(Party.WORKERS, str(PERSON))

    async def ask() -> int:
        wish = worker_events.MoveRequested(request_id=uuid4(), worker_id=PERSON, appointment_id=world.visit)
        return (await post(me, cloudevent(wish))).status_code

    before = await ask()
    await world.merge()
    during = await ask()
    await world.undo()

    assert (before, during, await ask()) == (403, 202, 403)


async def test_the_union_sees_which_check_counts(as_: Clients, world: World) -> None:
    union = await as_.union(ROOT)

    async def states() -> dict[str, str]:
        page = (await union.get(f"/health-checks?campaign_id={CAMPAIGN}")).json()
        return {check["worker_id"]: check["state"] for check in page["items"]}

    before = await states()
    await world.merge()
    during = await states()
    await world.undo()

    assert before == {str(PERSON): "open", str(RECORD): "concluded"}
    assert during == {str(PERSON): "joined", str(RECORD): "concluded"}
    assert await states() == before


async def test_the_gateways_own_count_has_a_person_once(world: World) -> None:
    before = await reconciliation.count(world.database.pool, CAMPAIGN)
    await world.merge()
    during = await reconciliation.count(world.database.pool, CAMPAIGN)
    await world.undo()

    assert (before["in_scope"], before["examined"]) == (2, 1)
    assert (during["in_scope"], during["examined"]) == (1, 1)
    assert await reconciliation.count(world.database.pool, CAMPAIGN) == before


def a_closing(joined: list[coordination.JoinedCheck] | None) -> coordination.ClosingProposed:
    figures = coordination.Figures(in_scope=1, examined=1)
    return coordination.ClosingProposed(campaign_id=CAMPAIGN, on_day=DAY, figures=figures, digest="d", joined=joined)


async def test_a_merge_that_reached_scheduling_after_the_closing_counts_as_coordination_knew_it(world: World) -> None:
    one = coordination.JoinedCheck(health_check_id=world.checks[PERSON], joined_to=world.checks[RECORD])

    await world.hear(registry.WorkerMerged(worker_id=RECORD, person_id=PERSON, version=1), a_closing([one]))
    counted = await reconciliation.count(world.database.pool, CAMPAIGN)

    assert (counted["in_scope"], counted["examined"]) == (1, 1)


async def test_a_merge_that_reached_coordination_after_the_closing_counts_no_more(world: World) -> None:
    await world.hear(a_closing([]))
    await world.merge()
    counted = await reconciliation.count(world.database.pool, CAMPAIGN)

    assert (counted["in_scope"], counted["examined"]) == (2, 1)


async def test_a_closing_that_does_not_say_who_is_one_person_is_counted_as_scheduling_joined_them(world: World) -> None:
    await world.hear(a_closing(None))
    await world.merge()

    assert (await reconciliation.count(world.database.pool, CAMPAIGN))["in_scope"] == 1


async def test_only_a_registrar_of_a_union_decides_and_sees_the_queue(as_: Clients, world: World) -> None:
    word = unions.IdentityReviewDecided(review_id=uuid4(), decision="same", ground="documents-seen")
    officer, registrar = await as_.union(ROOT), await as_.union(ROOT, role="registrar")
    clinic = await as_.clinic(role="registrar")

    answers = [await post(client, cloudevent(word)) for client in (officer, clinic, registrar)]
    looks = [await client.get("/identity-reviews?purpose=nghi+trùng") for client in (officer, clinic, registrar)]

    assert [answer.status_code for answer in answers] == [403, 403, 202]
    assert [problem["code"] for problem in answers[0].json()["problems"]] == ["party.role"]
    assert [(look.status_code, look.json()["code"]) for look in looks] == [
        (403, "party.role"), (403, "party.class"), (503, "identity.away"),
    ]  # fmt: skip


async def test_a_settled_review_closes_the_receipt_of_the_word(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    registrar = await as_.union(ROOT, role="registrar")
    word = unions.IdentityReviewDecided(review_id=uuid4(), decision="same", ground="documents-seen")
    sent = cloudevent(word)
    receipt = (await post(registrar, sent)).json()["receipt_id"]

    settled = registry.IdentityReviewSettled(review_id=word.review_id, decision="same", person_id=PERSON)
    await deliver(CONSUMER, database, [because(settled, f"unions/{ROOT}#{sent['id']}")])

    shown = (await registrar.get(f"/receipts/{receipt}")).json()
    assert shown["state"] == "answered"
    assert shown["answers"][0]["data"]["person_id"] == str(PERSON)
