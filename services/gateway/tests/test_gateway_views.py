"""Each class of party sees what its purpose needs, and no field beyond."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute
from gateway_builders import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    Clients,
    a_campaign,
    a_day,
    a_due_check,
    a_proposal,
    a_session,
    a_worker,
    an_appointment,
    an_organisation,
    fit,
)

from contracts import appointments, coordination, results, scheduling
from contracts.base import Event, Party
from gateway.app import PARTS
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()
DIAGNOSIS = "J62 Bụi phổi silic"
RESTRICTION = "không làm việc nơi có bụi"
SECRETS = (DIAGNOSIS, "đọc lại phim")


class World:
    """One examined worker, with everything that was ever said of them."""

    def __init__(self) -> None:
        self.root, self.unit, self.employer, self.worker = uuid4(), uuid4(), uuid4(), uuid4()
        self.campaign, self.visit, self.session = uuid4(), uuid4(), uuid4()
        self.about = {"worker_id": self.worker, "unit_id": self.unit, "campaign_id": self.campaign}

    @property
    def events(self) -> list[Event]:
        visit = {"visit_id": self.visit, **self.about}
        conclusion = results.ExaminationConcluded(
            **visit, clinic_id=CLINIC, version=1, concluded_on=DAY, proposed_class=4, final_class=4,
            diseases=[DIAGNOSIS], restrictions=[RESTRICTION], rule_set="qd1613",
        )  # fmt: skip
        appointment = an_appointment(appointment_id=self.visit, session_id=self.session, **self.about)
        return [
            a_day(),
            an_organisation(self.root, kind="LDLD_TINH"),
            an_organisation(self.unit, self.root),
            a_worker(self.worker, self.unit, self.employer),
            a_campaign(self.campaign, [self.root], [self.unit]),
            a_session(self.session, self.campaign),
            a_due_check(**self.about),
            appointments.AppointmentMade(**appointment, by="plan"),
            appointments.AppointmentKept(**appointment),
            a_proposal(self.visit, []),
            results.FindingEscalated(visit_id=self.visit, clinic_id=CLINIC, station="MEA", rule_set="x",
                                     escalations=[{"code": "x", "message_vi": DIAGNOSIS, "message_en": DIAGNOSIS}]),
            conclusion,
            results.VisitConcluded(**visit, concluded_on=DAY, valid_until=DAY, version=1),
            fit(self.worker, self.unit, self.campaign, 4, visit_id=self.visit, employer_id=self.employer,
                restrictions=[RESTRICTION]),
            results.FollowUpOpened(**visit, follow_up_id=uuid4(), clinic_id=CLINIC, kind="referral", reason=DIAGNOSIS,
                                   due_on=DAY),
        ]  # fmt: skip


@pytest.fixture
async def world(database: Database, deliver: Deliver) -> World:
    world = World()
    await deliver(CONSUMER, database, world.events)
    return world


def _reads(world: World) -> list[str]:
    campaign, unit = world.campaign, world.unit
    return [
        "/day", "/organisations", f"/units/{unit}/lines", "/campaigns", f"/campaigns/{campaign}",
        f"/campaigns/{campaign}/denominators", f"/campaigns/{campaign}/plans", f"/campaigns/{campaign}/coverage",
        f"/campaigns/{campaign}/reconciliation", f"/sessions?campaign_id={campaign}", "/permits", "/alerts",
        f"/appointments?unit_id={unit}", f"/health-checks?campaign_id={campaign}", "/follow-ups",
        f"/visits/{world.visit}/proposal", f"/visits/{world.visit}/conclusions",
        f"/visits/{world.visit}/escalations",
        f"/employers/{world.employer}/fitness",
        f"/employers/{world.employer}/attendance", "/workers/me", f"/units/{unit}/class-mix?campaign_id={campaign}",
        f"/units/{unit}/closed-loops?campaign_id={campaign}", f"/clinics/{CLINIC}/feed", "/statistics", "/deliveries",
        "/receipts", f"/receipts/{world.visit}", f"/receipts/{world.visit}/trace",
        f"/campaigns/{campaign}/make-up-sessions",
        f"/units/{unit}/exposures", f"/units/{unit}/roster-mappings", f"/clinics/{CLINIC}/calendar.ics",
        f"/plans/{world.visit}/sessions", f"/plans/{world.visit}/people", f"/rosters/{world.visit}",
        f"/rosters/{world.visit}/answers",
    ]  # fmt: skip


def test_every_read_is_held_against_every_party() -> None:
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    never_end_or_ask_registry = {
        "/clinics/{clinic_id}/feed/stream",
        "/receipts/{receipt_id}/stream",
        "/identity-reviews",
    }
    reads = [route for route in routes if "GET" in route.methods and route.path not in never_end_or_ask_registry]

    paths = [path.partition("?")[0] for path in _reads(World())]

    assert [route.path for route in reads if not any(route.path_regex.fullmatch(path) for path in paths)] == []


async def _all_that_is_shown(client: httpx.AsyncClient, world: World) -> tuple[set[str], str]:
    answers = {path: await client.get(path) for path in _reads(world)}
    assert {answer.status_code for answer in answers.values()} <= {200, 403, 404}
    shown = {path: answer.text for path, answer in answers.items() if answer.status_code == 200}
    return set(shown), "\n".join(shown.values())


@pytest.mark.parametrize("party", ["union", "health", "operations", "other clinic", "other employer", "other worker"])
async def test_no_finding_reaches_those_it_does_not_concern(as_: Clients, world: World, party: str) -> None:
    clients: dict[str, Callable[[], Awaitable[httpx.AsyncClient]]] = {
        "union": partial(as_.union, world.root),
        "health": as_.health,
        "operations": as_.operations,
        "other clinic": partial(as_.clinic, OTHER_CLINIC),
        "other employer": partial(as_.party, Party.EMPLOYERS, str(uuid4())),
        "other worker": partial(as_.party, Party.WORKERS, str(uuid4())),
    }

    _, text = await _all_that_is_shown(await clients[party](), world)

    assert not any(secret in text for secret in (*SECRETS, RESTRICTION))
    assert '"final_class"' not in text
    if party != "union":
        assert str(world.worker) not in text


async def test_the_employer_sees_class_and_restrictions_and_no_diagnosis(as_: Clients, world: World) -> None:
    employer = await as_.party(Party.EMPLOYERS, str(world.employer))

    paths, text = await _all_that_is_shown(employer, world)

    mine = f"/employers/{world.employer}"
    assert paths == {"/day", f"{mine}/fitness", f"{mine}/attendance", "/receipts"}
    assert DIAGNOSIS not in text
    (row,) = (await employer.get(f"/employers/{world.employer}/fitness")).json()["items"]
    assert row == {
        "worker_id": str(world.worker), "campaign_id": str(world.campaign), "concluded_on": str(DAY), "final_class": 4,
        "restrictions": [RESTRICTION],
    }  # fmt: skip


async def test_the_employer_does_not_learn_whether_somebody_refused_or_stayed_away(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    employer, unit, campaign = uuid4(), uuid4(), uuid4()
    workers = {"refused": uuid4(), "absent": uuid4(), "elsewhere": uuid4(), "ahead": uuid4()}
    booked = {
        name: an_appointment(worker_id=worker, unit_id=unit, campaign_id=campaign) for name, worker in workers.items()
    }
    fields = ("appointment_id", "health_check_id", "worker_id", "unit_id", "campaign_id", "session_id", "clinic_id")
    about = {name: {field: item[field] for field in fields} for name, item in booked.items()}
    await deliver(
        CONSUMER,
        database,
        [
            *(a_worker(worker, unit, employer) for worker in workers.values()),
            *(appointments.AppointmentMade(**item, by="plan") for item in booked.values()),
            appointments.AppointmentCancelled(**about["refused"], reason="refused"),
            appointments.AppointmentMissed(**about["absent"], day=DAY, reason="absent"),
            appointments.AppointmentCancelled(**about["elsewhere"], reason="session-withdrawn"),
        ],
    )

    shown = (await (await as_.party(Party.EMPLOYERS, str(employer))).get(f"/employers/{employer}/attendance")).json()

    attended = {row["worker_id"]: row["attended"] for row in shown["items"]}
    assert attended == {
        str(workers["refused"]): False,
        str(workers["absent"]): False,
        str(workers["ahead"]): None,
    }
    assert "reason" not in str(shown)


async def test_the_worker_sees_everything_of_their_own(as_: Clients, world: World) -> None:
    worker = await as_.party(Party.WORKERS, str(world.worker))

    own = (await worker.get("/workers/me")).json()

    assert own["examinations"][0]["diseases"] == [DIAGNOSIS]
    assert own["fitness"][0]["restrictions"] == [RESTRICTION]
    assert own["follow_ups"][0]["reason"] == DIAGNOSIS
    assert [len(own[part]) for part in ("health_checks", "appointments", "visits")] == [1, 1, 1]
    assert own["health_checks"][0]["grounds"][0]["legal_source"]
    assert own["looks"] is None


async def test_the_clinic_that_examined_sees_its_own_visits_whole(as_: Clients, world: World) -> None:
    clinic = await as_.clinic()

    proposal = (await clinic.get(f"/visits/{world.visit}/proposal")).json()
    many = (await clinic.post("/visits/proposals", json={"visit_ids": [str(world.visit), str(uuid4())]})).json()
    conclusions = (await clinic.get(f"/visits/{world.visit}/conclusions")).json()
    follow_ups = (await clinic.get("/follow-ups")).json()["items"]

    assert (proposal["explanation_vi"], many) == (["Loại II do thể lực"], [proposal])
    assert conclusions[0]["diseases"] == [DIAGNOSIS]
    assert follow_ups[0]["reason"] == DIAGNOSIS


async def test_the_union_sees_why_a_check_is_due_and_that_it_took_place(as_: Clients, world: World) -> None:
    union = await as_.union(world.unit)

    (check,) = (await union.get("/health-checks", params={"campaign_id": str(world.campaign)})).json()["items"]
    (appointment,) = (await union.get("/appointments", params={"day": str(DAY)})).json()["items"]

    assert (check["state"], appointment["state"]) == ("concluded", "kept")
    assert check["grounds"][0]["text_vi"] == "Khám định kỳ"


async def test_another_provinces_union_reads_nothing_of_a_campaign_that_does_not_concern_it(
    as_: Clients, world: World, database: Database, deliver: Deliver
) -> None:
    other = uuid4()
    alert = coordination.AlertRaised(
        campaign_id=world.campaign, kind="behind-plan", on_day=DAY, text_vi="chậm", text_en="behind"
    )
    await deliver(CONSUMER, database, [an_organisation(other, kind="LDLD_TINH"), alert])
    own, above, stranger = await as_.union(world.unit), await as_.union(world.root), await as_.union(other)

    for client in (own, above):
        assert (await client.get(f"/campaigns/{world.campaign}")).status_code == 200
        assert len((await client.get("/campaigns")).json()["items"]) == 1
        assert len((await client.get("/alerts")).json()["items"]) == 1
    _, text = await _all_that_is_shown(stranger, world)
    assert not any(str(known) in text for known in (world.campaign, world.unit, world.worker, world.session))


@pytest.mark.parametrize(
    ("turns", "state"),
    [
        ([], "open"),
        (["made"], "booked"),
        (["made", "missed"], "missed"),
        (["made", "cancelled"], "open"),
        (["made", "kept"], "attended"),
        (["deferred"], "deferred"),
        (["made", "cancelled", "withdrawn"], "withdrawn"),
        (["withdrawn", "due again"], "open"),
        (["made", "cancelled", "withdrawn", "due again", "walked in"], "attended"),
    ],
)
async def test_a_check_stands_where_its_last_turn_left_it(
    as_: Clients, database: Database, deliver: Deliver, turns: list[str], state: str
) -> None:
    unit, campaign, worker, check, visit = (uuid4() for _ in range(5))
    about = {"worker_id": worker, "unit_id": unit, "campaign_id": campaign, "health_check_id": check}
    place = {"session_id": uuid4(), "clinic_id": CLINIC, "appointment_id": visit}
    appointment = an_appointment(**about, **place)
    events = {
        "made": appointments.AppointmentMade(**appointment, by="plan"),
        "kept": appointments.AppointmentKept(**appointment),
        "missed": appointments.AppointmentMissed(**about, **place, day=DAY, reason="absent"),
        "cancelled": appointments.AppointmentCancelled(**about, **place, reason="refused"),
        "withdrawn": scheduling.HealthCheckWithdrawn(**about, reason="refused", on_day=DAY),
        "deferred": scheduling.HealthCheckDeferred(**about, plan_id=uuid4(), reason="no_seat"),
        "due again": a_due_check(**about),
        "walked in": appointments.AppointmentKept(**appointment | {"appointment_id": uuid4()}, walk_in=True),
    }

    await deliver(CONSUMER, database, [an_organisation(unit), a_due_check(**about), *(events[turn] for turn in turns)])

    shown = (await (await as_.union(unit)).get("/health-checks", params={"campaign_id": str(campaign)})).json()["items"]
    assert [item["state"] for item in shown] == [state]


async def test_what_has_not_changed_is_not_sent_again(
    as_: Clients, world: World, deliver: Deliver, database: Database
) -> None:
    authority = await as_.health()
    path = f"/campaigns/{world.campaign}"
    first = await authority.get(path)

    same = await authority.get(path, headers={"if-none-match": first.headers["etag"]})
    frozen = {"campaign_id": world.campaign, "on_day": DAY, "units": [{"unit_id": world.unit, "workers": 1, "due": 1}]}
    await deliver(CONSUMER, database, [coordination.ScopeFrozen.model_validate(frozen)])
    changed = await authority.get(path, headers={"if-none-match": first.headers["etag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert (changed.status_code, changed.json()["state"]) == (200, "frozen")


def _covered(world: World, unit: UUID, **figures: int) -> coordination.CoverageChanged:
    return coordination.CoverageChanged.model_validate(
        {"unit_id": unit, "campaign_id": world.campaign, "as_of": DAY, "tree_as_of": DAY, "target_pct": 90,
         "figures": figures}
    )  # fmt: skip


async def test_coverage_shows_a_unit_and_those_below_it_and_reconciles(
    as_: Clients, world: World, deliver: Deliver, database: Database
) -> None:
    figures = {"in_scope": 1, "examined": 1, "visits": 1}
    frozen = {"campaign_id": world.campaign, "on_day": DAY, "units": [{"unit_id": world.unit, "workers": 1, "due": 1}]}
    await deliver(
        CONSUMER,
        database,
        [
            _covered(world, world.root, **figures),
            _covered(world, world.unit, **figures),
            coordination.ScopeFrozen.model_validate(frozen),
        ],
    )
    province, unit = await as_.union(world.root), await as_.union(world.unit)
    path = f"/campaigns/{world.campaign}/coverage"

    whole = (await province.get(path, params={"history": True})).json()
    above = await unit.get(path, params={"unit_id": str(world.root)})
    before = (await province.get(path, params={"as_of": "2026-01-01"})).json()
    sums = (await (await as_.health()).get(f"/campaigns/{world.campaign}/reconciliation")).json()

    assert whole["unit"]["figures"]["examined"] == 1
    assert [child["unit_id"] for child in whole["children"]] == [str(world.unit)]
    assert [row["as_of"] for row in whole["history"]] == [str(DAY)]
    assert above.json()["code"] == "party.unit"
    assert (before["unit"], before["children"]) == (None, [])
    assert sums["sums_up"] is True
    assert [sums[name]["agrees"] for name in ("in_scope", "examined", "visits")] == [True, True, True]
