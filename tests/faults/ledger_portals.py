"""Portals and clinic systems: asyncio clients that post a ledger, word for word, and write down each reply."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from uuid import UUID, uuid5

import httpx
from ledger_entries import Entry, History

from contracts import rosters
from contracts.base import Event

NAMESPACE = UUID("6f2b1f8e-6f0c-4c39-9d0e-1f4f4b8a5a10")
PATIENCE_SECONDS = 3.0
RETRIED_FOR_SECONDS = 12.0
RETRIED = 0.7
ROSTER = rosters.RosterSubmitted.entry
DEFINITE = range(400, 500)
NOT_DEFINITE = {408, 425, 429}


@dataclass
class Edge:
    """The public edge with a token for every party that speaks; a reply that does not come is unknown."""

    url: str
    secret: str
    history: History
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=120, max_keepalive_connections=40)
        self.http = httpx.AsyncClient(base_url=self.url, timeout=PATIENCE_SECONDS, limits=limits)

    async def token(self, party: str, person: str, role: str = "portal") -> str:
        """A person's token, asked for once."""
        if (party, person) not in self.tokens:
            party_class, _, party_id = party.partition("/")
            asked = {"party_class": party_class, "party_id": party_id, "sub": person, "role": role}
            answer = await self.http.post(
                "/dev/tokens", json=asked, headers={"authorization": f"Bearer {self.secret}"}, timeout=30
            )
            answer.raise_for_status()
            self.tokens[party, person] = answer.json()["access_token"]
        return self.tokens[party, person]

    async def post(self, entry: Entry, person: str, role: str) -> None:
        """Post an entry once; leaves its reply in it. What is known once stays known."""
        headers = {
            "authorization": f"Bearer {await self.token(entry.party, person, role)}",
            "content-type": entry.content_type,
            "idempotency-key": str(entry.id),
        }
        entry.times += 1
        entry.posted_at = entry.posted_at or monotonic()
        try:
            answer = await self.http.post(entry.path, content=entry.content, headers=headers)
        except httpx.HTTPError as error:
            self._note(entry, "unknown", type(error).__name__)
            return
        if answer.status_code == 202:
            receipt = answer.json().get("receipt_id")
            entry.receipts |= {receipt} if receipt else set()
            self._note(entry, "ok", "")
        elif answer.status_code in DEFINITE and answer.status_code not in NOT_DEFINITE:
            self._note(entry, "failed", f"{answer.status_code} {answer.text[:300]}")
        else:
            self._note(entry, "unknown", str(answer.status_code))

    def _note(self, entry: Entry, reply: str, problem: str) -> None:
        if entry.reply in ("ok", "failed"):
            return
        entry.replied_at = monotonic()
        entry.reply = reply  # type: ignore[assignment]
        entry.problem = problem
        if reply != "ok":
            self.history.note("reply", ref=entry.ref, reply=reply, problem=problem)

    async def close(self) -> None:
        """Give the connections back."""
        await self.http.aclose()


@dataclass
class Portal:
    """One worker of one party: what it says carries its own name and a number that counts up."""

    name: str
    party: str
    edge: Edge
    random: Random
    entries: list[Entry]
    person: str = ""
    role: str = "portal"
    insists: bool = False
    said: int = 0

    def entry(self, event: Event) -> Entry:
        """The next entry, with an id that only worker and number decide."""
        self.said += 1
        identity = uuid5(NAMESPACE, f"{self.name}/{self.said}")
        envelope = {
            "specversion": "1.0", "id": str(identity), "source": self.party, "type": event.entry.type,
            "datacontenttype": "application/json", "data": event.model_dump(mode="json"),
        }  # fmt: skip
        return Entry(
            self.name, self.said, self.party, identity, event.entry.type, event.entry.topic, event.aggregate_id,
            "/events", json.dumps(envelope).encode(), "application/cloudevents+json",
        )  # fmt: skip

    async def say(self, event: Event, *, at_once: int = 1) -> Entry:
        """Say it, `at_once` times in parallel; while the reply is unknown it is repeated or left, as chance has it."""
        return await self.send(self.entry(event), at_once=at_once)

    async def send(self, entry: Entry, *, at_once: int = 1) -> Entry:
        """Post an entry until its reply is known, or leave it."""
        self.entries.append(entry)
        deadline = monotonic() + RETRIED_FOR_SECONDS * (10 if self.insists else 1)
        person = self.person or self.name
        await asyncio.gather(*(self.edge.post(entry, person, self.role) for _ in range(at_once)))
        while entry.reply == "unknown" and monotonic() < deadline:
            if not self.insists and self.random.random() > RETRIED:
                break
            await asyncio.sleep(self.random.uniform(0.1, 0.6))
            await self.edge.post(entry, person, self.role)
        return entry

    async def say_all(self, events: Sequence[Event], seconds: float = 0.0) -> list[Entry]:
        """One after the other, spread over so many seconds."""
        said = []
        for event in events:
            said.append(await self.say(event))
            await asyncio.sleep(self.random.uniform(0, 2 * seconds / len(events)))
        return said


@dataclass(frozen=True)
class Upload:
    """A roster file, as the unit's officer uploads it."""

    roster_id: UUID
    content: bytes
    parameters: dict[str, str]


@dataclass
class Script:
    """What one worker of one party says, in order, beginning after some seconds; each word `at_once` times in parallel.

    One that `insists` leaves nothing unknown, because others rely on what it says.
    """

    name: str
    party: str
    person: str
    said: list[Event | Upload]
    role: str = "portal"
    begins: float = 0.0
    at_once: int = 1
    insists: bool = False


async def play(scripts: list[Script], edge: Edge, seconds: float, seed: int) -> list[Entry]:
    """Let every script's worker speak, all at the same time, over so many seconds; returns the ledger."""
    entries: list[Entry] = []

    async def act(number: int, script: Script) -> None:
        random = Random(f"{seed}/{number}")
        portal = Portal(script.name, script.party, edge, random, entries, script.person, script.role, script.insists)
        await asyncio.sleep(script.begins)
        for what in script.said:
            if isinstance(what, Upload):
                await portal.send(_upload(portal, what))
            else:
                await portal.say(what, at_once=script.at_once)
            await asyncio.sleep(random.uniform(0, 2 * (seconds - script.begins) / (len(script.said) + 1)))

    await asyncio.gather(*(act(number, script) for number, script in enumerate(scripts)))
    return entries


def _upload(portal: Portal, upload: Upload) -> Entry:
    portal.said += 1
    query = "&".join(f"{name}={value}" for name, value in upload.parameters.items())
    return Entry(
        portal.name, portal.said, portal.party, upload.roster_id, ROSTER.type, ROSTER.topic, str(upload.roster_id),
        f"/rosters?{query}", upload.content, "text/csv",
    )  # fmt: skip
