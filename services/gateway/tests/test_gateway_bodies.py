"""Bodies stay within limits, whoever sends them: one alone, all at once, and however slowly they come."""

import asyncio

import httpx
import pytest
from gateway_builders import SECRET, Clients
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.app import make_app
from gateway.bodies import Bodies
from gateway.edge import Edge
from gateway.problems import Refusal
from gateway.settings import Settings

JSON_ROUTES = ("/receipts/status", "/dev/tokens", "/identities")


@pytest.mark.parametrize("path", JSON_ROUTES)
async def test_a_stranger_cannot_make_the_gateway_hold_an_endless_body(edge: Edge, path: str) -> None:
    edge.settings.events_max_bytes = 1_000
    stranger = Clients(httpx.ASGITransport(make_app(edge))).anonymous()

    answer = await stranger.post(path, content=b" " * 1_001, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "body.too-large")


@pytest.mark.parametrize("body", [b"\xff", b"[" * 100_000, b"{" * 5_000])
async def test_a_body_that_is_no_json_is_said_to_be_that_and_not_a_missing_page(as_: Clients, body: bytes) -> None:
    answer = await as_.anonymous(SECRET).post("/dev/tokens", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("body.unreadable", "request.invalid")


async def test_a_compressed_body_is_refused_by_what_it_is(as_: Clients) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    answer = await as_.anonymous(SECRET).post("/dev/tokens", content=b"\x1f\x8b", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "body.media-type")
    assert answer.json()["detail"] == "Content-Encoding: identity"


async def test_all_bodies_together_stay_below_their_limit_and_room_comes_back(settings: Settings) -> None:
    settings.bodies_max_bytes = 1_500
    arrived, leave = asyncio.Event(), asyncio.Event()

    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        arrived.set()
        await leave.wait()
        await Response()(scope, receive, send)

    client = httpx.AsyncClient(transport=httpx.ASGITransport(Bodies(hold, settings, str)), base_url="http://gateway")
    first = asyncio.create_task(client.post("/events", content=b"x" * 1_000))
    await arrived.wait()

    with pytest.raises(Refusal, match=r"body\.busy"):
        await client.post("/events", content=b"x" * 1_000)
    leave.set()
    answers = [await first, await client.post("/events", content=b"x" * 1_000)]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("sender", ["a party", "made up"])
async def test_whoever_sends_with_many_tokens_leaves_room_for_the_others(settings: Settings, sender: str) -> None:
    settings.bodies_max_bytes, settings.roster_max_bytes = 3_000, 1_000
    leave = asyncio.Event()

    async def hold(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        await leave.wait()
        await Response()(scope, receive, send)

    def party_of(authorization: str) -> str:
        return "" if authorization.startswith("made up") else authorization[:1]

    bodies = Bodies(hold, settings, party_of)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(bodies), base_url="http://gateway")

    def say(token: str) -> asyncio.Task[httpx.Response]:
        return asyncio.create_task(client.post("/events", content=b"x" * 1_000, headers={"authorization": token}))

    first = say(f"{sender} 1")
    with pytest.raises(Refusal, match=r"body\.busy"):
        await say(f"{sender} 2")
    other = say("others")
    leave.set()

    assert [(await answer).status_code for answer in (first, other, say(f"{sender} 3"))] == [200, 200, 200]


async def test_a_body_that_pauses_for_too_long_is_given_up(settings: Settings) -> None:
    async def nothing() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()

    async def unheard(_message: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/events", "headers": []}

    with pytest.raises(Refusal, match=r"body\.slow"):
        await Bodies(read, settings, str, silent_seconds=0.01)(scope, nothing, unheard)
