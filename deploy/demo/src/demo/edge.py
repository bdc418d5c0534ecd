"""The public edge as any outside party uses it: a token, events, receipts, read models."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

from contracts.base import Event

BATCH = 500
ASK_AT_ONCE = 5_000
ATTEMPTS = 100
PAUSE_SECONDS = 0.3


class EdgeError(Exception):
    """The edge refused something that the demo has a right to say; `status` where it answered with one."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass(slots=True)
class Counts:
    """What went through the edge, per event type."""

    posted: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=monotonic)

    def add(self, event_type: str, number: int) -> None:
        """Count events of a type."""
        self.posted[event_type] = self.posted.get(event_type, 0) + number


class Edge:
    """The gateway's address, and a development token for each party that asks."""

    def __init__(self, url: str, secret: str) -> None:
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
        self.http = httpx.AsyncClient(base_url=url, timeout=120, limits=limits)
        self.secret = secret
        self.counts = Counts()

    async def party(self, party_class: str, party_id: str, person: str, role: str = "portal") -> "Caller":
        """A caller with a token of its own."""
        asked = {"party_class": party_class, "party_id": party_id, "sub": person, "role": role}
        answer = await self.send("POST", "/dev/tokens", bearer(self.secret), json=asked)
        return Caller(self, f"{party_class}/{party_id}", answer.json()["access_token"])

    async def send(self, method: str, path: str, headers: Mapping[str, str], **options: Any) -> httpx.Response:
        """Send a request until an edge that is away, or busy, answers it: whatever is said has its id."""
        for _ in range(ATTEMPTS):
            try:
                answer = await self.http.request(method, path, headers=headers, **options)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code not in {429, 503}:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
        else:
            raise EdgeError(f"{method} {path}: the edge is away")
        if answer.is_error:
            raise EdgeError(f"{method} {path}: {answer.status_code} {answer.text[:1000]}", answer.status_code)
        return answer

    async def close(self) -> None:
        """Give the connections back."""
        await self.http.aclose()


@dataclass(slots=True)
class Caller:
    """One party at the edge."""

    edge: Edge
    party: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request says of who asks."""
        return bearer(self.token)

    async def say(self, events: Sequence[Event]) -> list[str]:
        """Post events in batches; returns their receipts in order. A refusal is an EdgeError with its problems."""
        receipts: list[str] = []
        for first in range(0, len(events), BATCH):
            batch = [self._cloud_event(event) for event in events[first : first + BATCH]]
            answer = await self._send("POST", "/events", json=batch, media_type="application/cloudevents-batch+json")
            outcomes = answer.json()["outcomes"]
            refused = [outcome for outcome in outcomes if outcome["status"] == "refused"]
            if refused:
                raise EdgeError(f"{len(refused)} events refused, first: {refused[0]}")
            receipts += [outcome["receipt_id"] for outcome in outcomes]
        for event in events:
            self.edge.counts.add(event.entry.type, 1)
        return receipts

    async def post_roster(self, content: bytes, **parameters: Any) -> dict[str, Any]:
        """Upload a roster file; returns its receipt. A refused file is an EdgeError with its problem document."""
        given = {name: _text(value) for name, value in parameters.items()}
        answer = await self._send("POST", "/rosters", params=given, content=content)
        self.edge.counts.add("rosters", 1)
        document: dict[str, Any] = answer.json()
        return document

    async def get(self, path: str, **parameters: Any) -> Any:
        """Read a document of the edge."""
        given = {name: _text(value) for name, value in parameters.items() if value is not None}
        return (await self._send("GET", path, params=given)).json()

    async def pages(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """Read a list to its end, page by page."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = await self.get(path, **parameters, cursor=cursor)
            items += page["items"]
            cursor = page.get("next")
            if cursor is None:
                return items

    async def ask(self, path: str, question: dict[str, Any]) -> Any:
        """Post a question that changes nothing, such as for many rows at once."""
        return (await self._send("POST", path, json=question)).json()

    async def answered(self, receipts: Iterable[str], *, within: float = 300) -> None:
        """Wait until every receipt is answered; a parked one or a late one is an EdgeError."""
        waiting, deadline = list(receipts), monotonic() + within
        while waiting:
            asked = waiting[:ASK_AT_ONCE]
            status = (await self._send("POST", "/receipts/status", json={"ids": asked, "wait": 5})).json()
            if status["counts"].get("parked"):
                raise EdgeError(f"{self.party}: {status['counts']}")
            if status["done"]:
                waiting = waiting[ASK_AT_ONCE:]
            elif monotonic() > deadline:
                raise EdgeError(f"{self.party}: not answered in {within:.0f} s: {status['counts']}")

    async def _send(self, method: str, path: str, media_type: str | None = None, **options: Any) -> httpx.Response:
        headers = self.headers | ({"content-type": media_type} if media_type else {})
        return await self.edge.send(method, path, headers, **options)

    def _cloud_event(self, event: Event) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": self.party,
            "type": event.entry.type,
            "time": datetime.now(UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": event.model_dump(mode="json"),
        }


def bearer(token: str) -> dict[str, str]:
    """The header that hands a token over."""
    return {"authorization": f"Bearer {token}"}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
