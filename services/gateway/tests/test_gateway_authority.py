"""Who may say what about whom: classes of parties, and the dated subtree of a union."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from gateway_builders import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    Clients,
    a_campaign,
    a_day,
    a_declaration,
    a_permit,
    a_section,
    a_session,
    a_simulated_day,
    a_worker,
    an_absence,
    an_attendance,
    an_offer,
    an_organisation,
    cloudevent,
    made,
    post,
)

from contracts import clinics, health, results, unions
from contracts.base import Event, Party
from gateway.consumers import make_consumer
from shared.clock import utc_now
from shared.database import Database
from shared.outbox import origin
from shared.testing import Deliver

CONSUMER = make_consumer()


def _saying(unit: UUID) -> dict[str, Event]:
    return {
        "unions": a_declaration(unit),
        "health": a_permit(),
        "clinics": a_section(uuid4()),
        "operations": a_simulated_day(),
    }


@pytest.mark.parametrize("party", list(Party))
async def test_a_party_says_only_what_its_class_may_say(as_: Clients, party: Party) -> None:
    party_id = {Party.CLINICS: CLINIC, Party.HEALTH: "syt-02", Party.OPERATIONS: "centre"}.get(party, str(uuid4()))
    client = await as_.party(party, party_id)
    unit = UUID(party_id) if party is Party.UNIONS else uuid4()

    answers = {owner: await post(client, event) for owner, event in _saying(unit).items()}

    assert {owner for owner, answer in answers.items() if answer.status_code == 202} == {party.value} & set(answers)
    assert {answer.json()["code"] for owner, answer in answers.items() if owner != party.value} == {"party.type"}


async def test_nobody_speaks_in_anothers_name(as_: Clients) -> None:
    unit, other = uuid4(), uuid4()
    union = await as_.union(unit)

    foreign = await post(union, cloudevent(a_declaration(unit), source=f"unions/{other}"))
    own = await post(union, cloudevent(a_declaration(unit), source=f"unions/{unit}"))

    assert (foreign.json()["code"], own.status_code) == ("party.source", 202)


class Tree:
    """Two provinces: a root with a unit below a commune, and another root with a unit."""

    def __init__(self) -> None:
        self.root, self.commune, self.unit = uuid4(), uuid4(), uuid4()
        self.other_root, self.other_unit = uuid4(), uuid4()
        self.worker, self.other_worker = uuid4(), uuid4()
        self.campaign, self.joint_campaign = uuid4(), uuid4()

    @property
    def events(self) -> list[Event]:
        return [
            an_organisation(self.root), an_organisation(self.commune, self.root),
            an_organisation(self.unit, self.commune), an_organisation(self.other_root),
            an_organisation(self.other_unit, self.other_root), a_worker(self.worker, self.unit),
            a_worker(self.other_worker, self.other_unit), a_campaign(self.campaign, [self.root], [self.unit]),
            a_campaign(self.joint_campaign, [self.root, self.other_root]),
        ]  # fmt: skip


async def _codes(client: httpx.AsyncClient, events: dict[str, Event]) -> dict[str, str]:
    return {name: (await post(client, event)).json().get("code", "ok") for name, event in events.items()}


async def test_a_union_speaks_for_its_subtree_and_for_no_other(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    tree = Tree()
    await deliver(CONSUMER, database, tree.events)
    province = await as_.union(tree.root)

    def closed(unit: UUID) -> unions.RosterClosed:
        return unions.RosterClosed(unit_id=unit, campaign_id=tree.campaign, roster_ids=[])

    def proposed(target: UUID) -> unions.CampaignProposed:
        return unions.CampaignProposed.model_validate({
            "campaign_id": uuid4(), "programme_id": uuid4(), "title": "Đợt khám", "scope_unit_ids": [tree.unit],
            "period_from": DAY, "period_to": DAY, "rosters_due": DAY, "coverage_pct": 90,
            "unit_targets": [{"unit_id": target, "coverage_pct": 95}],
        })  # fmt: skip

    def approved(campaign: UUID) -> unions.PlanApproved:
        return unions.PlanApproved(plan_id=uuid4(), campaign_id=campaign)

    codes = await _codes(
        province,
        {
            "unit below": closed(tree.unit),
            "unit elsewhere": closed(tree.other_unit),
            "unit not known yet": closed(uuid4()),
            "worker below": an_absence(tree.worker),
            "worker elsewhere": an_absence(tree.other_worker),
            "worker not known yet": an_absence(uuid4()),
            "new unit below": a_declaration(uuid4(), tree.commune),
            "new unit elsewhere": a_declaration(uuid4(), tree.other_root),
            "take a unit from elsewhere": a_declaration(tree.other_unit, tree.root),
            "campaign below": proposed(tree.unit),
            "campaign with a target elsewhere": proposed(tree.other_unit),
            "plan of own campaign": approved(tree.campaign),
            "plan of a wider campaign": approved(tree.joint_campaign),
        },
    )
    below = await _codes(await as_.union(tree.unit), {"above": closed(tree.root), "own": closed(tree.unit)})

    assert codes == {
        "unit below": "ok",
        "unit elsewhere": "party.unit",
        "unit not known yet": "ok",
        "worker below": "ok",
        "worker elsewhere": "party.worker",
        "worker not known yet": "ok",
        "new unit below": "ok",
        "new unit elsewhere": "party.unit",
        "take a unit from elsewhere": "party.unit",
        "campaign below": "ok",
        "campaign with a target elsewhere": "party.unit",
        "plan of own campaign": "ok",
        "plan of a wider campaign": "party.campaign",
    }
    assert below == {"above": "party.unit", "own": "ok"}


async def test_a_unit_that_moves_is_its_new_parents_from_the_day_of_the_move(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    tree = Tree()
    moves_on = DAY + timedelta(days=10)
    await deliver(CONSUMER, database, [*tree.events, a_day()])
    await deliver(CONSUMER, database, [an_organisation(tree.unit, tree.other_root, valid_from=moves_on)])
    old, new = await as_.union(tree.root), await as_.union(tree.other_root)
    closed = unions.RosterClosed(unit_id=tree.unit, campaign_id=tree.campaign, roster_ids=[])

    before = [(await post(party, closed)).status_code for party in (old, new)]
    await deliver(CONSUMER, database, [a_day(moves_on)])
    after = [(await post(party, closed)).status_code for party in (old, new)]

    assert (before, after) == ([202, 403], [403, 202])
    then = await old.get("/organisations", params={"as_of": str(DAY)})
    now = await old.get("/organisations")
    assert str(tree.unit) in then.text
    assert str(tree.unit) not in now.text


async def test_an_authority_ends_only_the_permits_that_it_granted(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    granted = a_permit()
    ours, theirs = await as_.health(), await as_.health("syt-99")
    said = origin(granted, source="health/syt-02", id=uuid4(), time=utc_now(), party="health/syt-02", actor="x")
    ending = health.PermitRevoked(permit_id=granted.permit_id, clinic_id=CLINIC, from_day=granted.valid_from)
    await deliver(CONSUMER, database, [said])

    refused = await _codes(theirs, {"end": ending, "grant again": granted, "another": a_permit()})
    taken = await _codes(ours, {"end": ending})
    by_mistake = origin(ending, source="health/syt-99", id=uuid4(), time=utc_now(), party="health/syt-99", actor="x")
    await deliver(CONSUMER, database, [by_mistake])
    shown = (await ours.get("/permits")).json()["items"]

    assert refused == {"end": "party.permit", "grant again": "party.permit", "another": "ok"}
    assert taken == {"end": "ok"}
    assert [permit["valid_to"] for permit in shown] == [str(granted.valid_to)]


async def test_a_clinic_speaks_only_about_its_own_sessions_and_visits(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    campaign, own_session, session = uuid4(), uuid4(), uuid4()
    own, foreign = made(session_id=own_session), made(session_id=session, clinic_id=OTHER_CLINIC)
    listed = [a_session(own_session, campaign), a_session(session, campaign, OTHER_CLINIC)]
    case = results.FollowUpOpened(
        follow_up_id=uuid4(), visit_id=foreign.appointment_id, worker_id=uuid4(), unit_id=uuid4(), campaign_id=campaign,
        clinic_id=OTHER_CLINIC, kind="retest", reason="x", due_on=DAY,
    )  # fmt: skip
    ending = clinics.FollowUpClosed(
        follow_up_id=case.follow_up_id, visit_id=own.appointment_id, clinic_id=CLINIC, closed_on=DAY, outcome="x"
    )
    await deliver(CONSUMER, database, [own, foreign, case, *listed])

    codes = await _codes(
        await as_.clinic(),
        {
            "in another's name": a_section(uuid4(), OTHER_CLINIC),
            "own visit": a_section(own.appointment_id),
            "another's visit": a_section(foreign.appointment_id),
            "visit not known yet": a_section(uuid4()),
            "attendance at another's session": an_attendance(uuid4(), session),
            "attendance": an_attendance(own.appointment_id, own_session),
            "another's follow-up as of the own visit": ending,
            "offer of another's session": an_offer(session, campaign),
            "offer": an_offer(uuid4(), campaign),
        },
    )

    assert codes == {
        "in another's name": "party.clinic",
        "own visit": "ok",
        "another's visit": "party.visit",
        "visit not known yet": "ok",
        "attendance at another's session": "party.visit",
        "attendance": "ok",
        "another's follow-up as of the own visit": "party.visit",
        "offer of another's session": "party.visit",
        "offer": "ok",
    }
    asked = {"campaign_id": str(campaign), "clinic_id": OTHER_CLINIC}
    theirs = await (await as_.clinic()).get("/sessions", params=asked)
    assert theirs.json()["code"] == "party.clinic"
