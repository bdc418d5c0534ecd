"""Who may say and see what: tokens, parties, and the dated subtree of a union."""

from datetime import timedelta
from json import dumps
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gateway_builders import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    SECRET,
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
from joserfc import jwt
from joserfc.jwk import OKPKey

from contracts import clinics, health, results, unions
from contracts.base import Event, Party
from gateway.app import make_app
from gateway.consumers import make_consumer
from gateway.edge import make_edge
from gateway.problems import Refusal
from gateway.settings import ConfigurationError, Settings
from gateway.tokens import LEEWAY_SECONDS
from shared.clock import utc_now
from shared.database import Database
from shared.outbox import origin
from shared.testing import Deliver

CONSUMER = make_consumer()
PERSON = {"party_class": "unions", "party_id": str(uuid4()), "role": "officer", "sub": "someone"}


async def test_nothing_is_said_or_shown_without_a_token(as_: Clients) -> None:
    nobody = as_.anonymous()

    answers = [await post(nobody, a_simulated_day()), await nobody.get("/day"), await nobody.get("/campaigns")]

    assert {answer.json()["code"] for answer in answers} == {"token.missing"}


async def test_every_route_but_the_issuer_asks_who_is_there(as_: Clients) -> None:
    nobody = as_.anonymous()
    paths: dict[str, Any] = (await nobody.get("/openapi.json")).json()["paths"]

    codes = {
        (method, path): (await nobody.request(method, path.format_map(AnyValue()))).json().get("code")
        for path, methods in paths.items()
        for method in methods
        if not path.startswith("/dev/")
    }

    assert len(codes) > 25
    assert {key for key, code in codes.items() if code != "token.missing"} == set()


class AnyValue(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return CLINIC if key == "clinic_id" else str(uuid4())


async def test_the_development_issuer_wants_its_secret(as_: Clients) -> None:
    answer = await as_.anonymous("another secret").post("/dev/tokens", json=PERSON)

    assert (answer.status_code, answer.json()["code"]) == (401, "issuer.refused")


@pytest.mark.parametrize(
    ("party_class", "party_id"),
    [
        ("unions", "02123"),
        ("clinics", "2123"),
        ("clinics", "x/../y"),
        ("workers", "*"),
        ("employers", ""),
        ("health", "a b"),
    ],
)
async def test_a_token_whose_party_cannot_be_is_not_issued(as_: Clients, party_class: str, party_id: str) -> None:
    wanted = {**PERSON, "party_class": party_class, "party_id": party_id}

    answer = await as_.anonymous(SECRET).post("/dev/tokens", json=wanted)

    assert answer.json()["code"] == "token.party"


def a_key() -> OKPKey:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return OKPKey.import_key(pem, {"kid": "operator", "alg": "Ed25519", "use": "sig"})


def a_token(key: OKPKey, **changes: Any) -> str:
    now = int(utc_now().timestamp())
    claims = {**PERSON, "iss": "https://id.example", "aud": "khamdoan", "exp": now + 60} | changes
    header = {"alg": "Ed25519", "kid": "operator"}
    return jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, key, algorithms=["Ed25519"])


async def test_tokens_of_the_operators_issuer_are_checked_to_the_last_claim(database: Database) -> None:
    key, stranger = a_key(), a_key()
    settings = Settings(
        database_url=database.url, kafka_bootstrap_servers="x:1", token_issuer="https://id.example",
        token_jwks=f'{{"keys": [{_json(key)}]}}', pseudonym_key="p" * 32, khamdoan_dev_secret="",
    )  # fmt: skip
    settings.check()
    app = make_app(make_edge(settings, database))
    clients = Clients(httpx.ASGITransport(app))
    tokens = {
        "good": a_token(key),
        "of another key": a_token(stranger),
        "expired": a_token(key, exp=1),
        "of another issuer": a_token(key, iss="https://evil.example"),
        "for another audience": a_token(key, aud="other"),
        "without end": a_token(key, exp=None),
        "without person": a_token(key, sub=None),
        "of an unknown class": a_token(key, party_class="banks"),
        "unsigned": "eyJhbGciOiJub25lIn0.e30.",
    }

    answers = {name: (await clients.anonymous(token).get("/day")) for name, token in tokens.items()}

    codes = {name: answer.json().get("code", "ok") for name, answer in answers.items()}
    assert codes == {
        "good": "ok",
        "of another key": "token.invalid",
        "expired": "token.expired",
        "of another issuer": "token.invalid",
        "for another audience": "token.invalid",
        "without end": "token.invalid",
        "without person": "token.invalid",
        "of an unknown class": "token.party",
        "unsigned": "token.invalid",
    }
    assert (await clients.anonymous(SECRET).post("/dev/tokens", json=PERSON)).status_code == 404
    await clients.close()


async def test_a_token_that_was_seen_before_expires_all_the_same(database: Database) -> None:
    key, now = a_key(), int(utc_now().timestamp())
    settings = Settings(
        database_url=database.url, kafka_bootstrap_servers="x:1", token_issuer="https://id.example",
        token_jwks=f'{{"keys": [{_json(key)}]}}', pseudonym_key="p" * 32, khamdoan_dev_secret="",
    )  # fmt: skip
    tokens = make_edge(settings, database).tokens
    token = a_token(key, exp=now + 60)

    seen = [await tokens.check(token, now=now + passed) for passed in (0, 59)]
    with pytest.raises(Refusal) as expired:
        await tokens.check(token, now=now + 60 + LEEWAY_SECONDS + 1)

    assert seen[0] == seen[1]
    assert expired.value.code == "token.expired"


def _json(key: OKPKey) -> str:
    return dumps(key.as_dict(private=False))


@pytest.mark.parametrize(
    "changes",
    [
        {"khamdoan_environment": "production", "khamdoan_dev_secret": "s"},
        {"khamdoan_environment": "production"},
        {"khamdoan_environment": "development"},
        {"khamdoan_environment": "production", "token_issuer": "i", "token_jwks_url": "https://i/jwks"},
    ],
)
def test_the_gateway_does_not_start_without_a_safe_issuer(changes: dict[str, str]) -> None:
    settings = Settings(database_url="", kafka_bootstrap_servers="", **{"khamdoan_dev_secret": "", **changes})  # type: ignore[arg-type]

    with pytest.raises(ConfigurationError):
        settings.check()


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


async def test_the_same_person_is_the_same_pseudonym_and_is_never_named(as_: Clients, database: Database) -> None:
    unit = uuid4()
    for person in ("Nguyễn Văn A", "Nguyễn Văn A", "Trần Thị B"):
        await post(await as_.union(unit, sub=person), a_declaration(unit))

    rows = await database.pool.fetch("SELECT actor FROM receipts ORDER BY accepted_at")

    actors = [row["actor"] for row in rows]
    assert actors[0] == actors[1] != actors[2]
    stored = str(await database.pool.fetch("SELECT receipts::text, outbox.headers FROM receipts, outbox"))
    assert "Nguyễn" not in stored


async def test_a_party_that_asks_too_much_is_told_when_to_come_back(database: Database, settings: Settings) -> None:
    narrow = settings.model_copy(update={"events_per_second": 0.1, "events_burst": 20.0})
    clients = Clients(httpx.ASGITransport(make_app(make_edge(narrow, database))))
    one, other = uuid4(), uuid4()
    eager, calm = await clients.union(one), await clients.union(other)

    answers = [await post(eager, a_declaration(one)) for _ in range(25)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert (await post(calm, a_declaration(other))).status_code == 202
    await clients.close()
