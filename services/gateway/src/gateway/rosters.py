"""Roster files: extracted in the sandbox, sealed to registry's key, and stored as a manifest with its chunks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

from pydantic_core import to_json

from contracts.fields import Problem
from contracts.roster_cells import ExtractedFile
from contracts.unions import RosterChunkSealed, RosterSubmitted
from gateway import catalogue, identities, intake
from gateway.cloudevents import Said
from gateway.identities import IntakeKey
from gateway.intake import Outcome
from gateway.parties import Caller
from gateway.problems import Refusal, problem
from gateway.read_models import rosters
from gateway.settings import Settings
from shared import outbox
from shared.database import Transaction
from shared.sealing import seal

KEY_REMEMBERED = timedelta(minutes=10)


@dataclass
class IntakeKeys:
    """Registry's current intake key, asked for at most every ten minutes."""

    settings: Settings
    _key: IntakeKey | None = None
    _fetched_at: datetime | None = None
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self, now: datetime) -> IntakeKey:
        """The key to seal to; a 503 where registry is away and none is remembered."""
        async with self._fetching:
            known = self._key
            if known is None or self._fetched_at is None or now - self._fetched_at > KEY_REMEMBERED:
                known = await self._fetch(now)
            if now >= known.valid_until:
                known = await self._fetch(now)
            return known

    async def _fetch(self, now: datetime) -> IntakeKey:
        try:
            self._key, self._fetched_at = await identities.intake_key(self.settings), now
        except Refusal as refusal:
            if self._key is None or now >= self._key.valid_until:
                raise Refusal("roster.key-away", headers={"Retry-After": "5"}) from refusal
        return self._key


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the sender says of a roster, beside the file."""

    roster_id: UUID
    unit_id: UUID
    employer_id: UUID | None
    campaign_id: UUID | None
    line_id: UUID | None
    complete: bool
    dry_run: bool
    reference_date: date


def digest_of(manifest: Manifest, data: bytes) -> bytes:
    """Whether a roster is the same again: what was said of it, and the file."""
    return sha256(repr(manifest).encode() + b"\n" + data).digest()


def problems_of(extracted: ExtractedFile) -> list[Problem]:
    """Why a file cannot be taken, with the file codes of its refusal."""
    return [problem(code, "file") for code in extracted.file_codes] or [problem("roster.empty")]


def events_of(
    manifest: Manifest, extracted: ExtractedFile, key: IntakeKey
) -> tuple[RosterSubmitted, Sequence[RosterChunkSealed]]:
    """The manifest and its sealed chunks; nobody but registry can open them."""
    chunks = [
        RosterChunkSealed(
            roster_id=manifest.roster_id, index=index, key_id=key.key_id, sealed=seal(key.public_key, chunk)
        )
        for index, chunk in enumerate(extracted.chunks)
    ]
    submitted = RosterSubmitted.model_validate(
        {
            **{name: getattr(manifest, name) for name in Manifest.__slots__},
            "chunks": len(chunks),
            "key_id": key.key_id,
            "sealed_facts": seal(key.public_key, to_json(extracted.facts)),
        }
    )
    return submitted, chunks


async def submit(
    tx: Transaction,
    caller: Caller,
    submitted: RosterSubmitted,
    chunks: Sequence[RosterChunkSealed],
    *,
    digest: bytes,
    now: datetime,
) -> Outcome:
    """Store a roster once, with its receipt; the roster's id is its manifest's id."""
    ref = f"{caller.party}#{submitted.roster_id}"
    said = Said(0, submitted, submitted.roster_id, now, None, ref, catalogue.key_of(ref), digest)
    outcome = (await intake.accept(tx, caller, [said], now=now))[0]
    if outcome.status == "accepted":
        await rosters.remember(tx, [submitted])
        await outbox.append(tx, [_origin(chunk, caller, now) for chunk in chunks])
    return outcome


def _origin(chunk: RosterChunkSealed, caller: Caller, now: datetime) -> outbox.Outgoing:
    return outbox.origin(
        chunk,
        source=caller.party,
        id=uuid5(chunk.roster_id, str(chunk.index)),
        time=now,
        party=caller.party,
        actor=caller.actor,
    )
