"""Who is there: tokens to their last claim, safe issuers, pseudonyms, and how often one may ask."""

from json import dumps
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gateway_builders import (
    CLINIC,
    SECRET,
    Clients,
    a_declaration,
    a_simulated_day,
    post,
)
from joserfc import jwt
from joserfc.jwk import OKPKey

from gateway.app import make_app
from gateway.edge import make_edge
from gateway.problems import Refusal
from gateway.settings import ConfigurationError, Settings
from gateway.tokens import LEEWAY_SECONDS
from shared.clock import utc_now
from shared.database import Database

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
    settings = _settings(database, key)
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
    settings = _settings(database, key)
    tokens = make_edge(settings, database).tokens
    token = a_token(key, exp=now + 60)

    seen = [await tokens.check(token, now=now + passed) for passed in (0, 59)]
    with pytest.raises(Refusal) as expired:
        await tokens.check(token, now=now + 60 + LEEWAY_SECONDS + 1)

    assert seen[0] == seen[1]
    assert expired.value.code == "token.expired"


async def test_a_token_names_its_party_once_it_was_checked_and_until_it_expires(database: Database) -> None:
    key, now = a_key(), int(utc_now().timestamp())
    tokens = make_edge(_settings(database, key), database).tokens
    token, old = a_token(key, exp=now + 60), a_token(key, exp=now - 60)
    unchecked = tokens.party_of(f"Bearer {token}")

    caller = await tokens.check(token, now=now)
    await tokens.check(old, now=now - 70)

    assert unchecked == ""
    assert tokens.party_of(f"Bearer {token}") == caller.party
    assert [tokens.party_of(header) for header in ("", "Bearer", f"Bearer {old}", "Bearer made-up")] == [""] * 4


def _settings(database: Database, key: OKPKey) -> Settings:
    return Settings(
        database_url=database.url, kafka_bootstrap_servers="x:1", token_issuer="https://id.example",
        token_jwks=f'{{"keys": [{_json(key)}]}}', pseudonym_key="p" * 32, khamdoan_dev_secret="",
    )  # fmt: skip


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
