"""Roster files: extracted in the sandbox, sealed to registry's key, and stored as a manifest with its chunks."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from pydantic_core import from_json, to_json

from contracts import roster_codes, roster_mapping
from contracts.fields import Problem
from contracts.roster_cells import ExtractedFile
from contracts.rosters import RosterChunkSealed, RosterSubmitted
from gateway import catalogue, identities, intake
from gateway.cloudevents import Said
from gateway.extraction import text_file
from gateway.extraction.answer_file import Place
from gateway.identities import IntakeKey
from gateway.intake import Outcome
from gateway.parties import Caller
from gateway.problems import Refusal, problem
from gateway.read_models import rosters
from gateway.read_models.records import Reader
from gateway.sandbox import BrokenChildError, Sandbox
from gateway.settings import Settings
from shared import outbox
from shared.database import Transaction
from shared.sealing import seal

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
    based_on: UUID | None = None
    host_id: UUID | None = None
    mapping: str = ""
    """What the sender chose for the file's columns, as a document's JSON; it travels sealed."""


def mapping_problems(mapping: str) -> list[Problem]:
    """What cannot be in a mapping, whatever the file."""
    try:
        codes = roster_mapping.problems_of(roster_mapping.parse(roster_mapping.from_text(mapping)))
    except roster_mapping.NoMappingError:
        return [problem("field.invalid", "mapping")]
    known = [roster_codes.catalogue()[code] for code in codes]
    return [
        Problem(code=code.code, field="mapping", message_vi=code.message_vi, message_en=code.message_en)
        for code in known
    ]


def digest_of(manifest: Manifest, data: bytes) -> bytes:
    """Whether a roster is the same again: what was said of it, and the file."""
    return sha256(repr(manifest).encode() + b"\n" + data).digest()


def file_digest(data: bytes) -> bytes:
    """The file alone, to know it again."""
    return sha256(data).digest()


def place_of(assessment: Mapping[str, Any], extracted: ExtractedFile) -> Place:
    """Where the roster stood in the file, as registry found it; a 409 where it found none."""
    sheet, header_row = assessment.get("sheet"), assessment.get("header_row")
    if sheet is None or header_row is None:
        raise Refusal("roster.not-assessed")
    name = extracted.facts["sheets"][sheet]["name"] if extracted.facts["container"] == "workbook" else None
    return Place(name, header_row)


async def answered_file(db: Reader, sandbox: Sandbox, roster: Mapping[str, Any], data: bytes) -> tuple[bytes, str]:
    """The sender's file with one more column: what became of every row, and what to do about it, in Vietnamese.

    Beside it its content type.
    """
    if roster["file_digest"] != file_digest(data):
        raise Refusal("roster.other-file")
    if roster["assessment"] is None:
        raise Refusal("roster.not-assessed")
    extracted = await sandbox.extract(data)
    place = place_of(from_json(roster["assessment"]), extracted)
    rows = await rosters.outcomes(db, roster["roster_id"])
    texts = {row["row"]: roster_codes.sentence(row["outcome"], row["codes"]) for row in rows}
    try:
        return await sandbox.answer(data, place, texts), content_type_of(extracted)
    except BrokenChildError as error:
        raise Refusal("roster.refused") from error


def content_type_of(extracted: ExtractedFile) -> str:
    """What a file is, with its encoding where that has a name: letters of an old font are in none."""
    if extracted.facts["container"] == "workbook":
        return WORKBOOK
    encoding = extracted.facts["encoding"].removesuffix("-sig")
    return "text/csv" if encoding == text_file.WESTERN else f"text/csv; charset={encoding}"


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
            "sealed_facts": seal(key.public_key, to_json(extracted.facts | _chosen(manifest))),
        }
    )
    return submitted, chunks


def _chosen(manifest: Manifest) -> dict[str, Any]:
    return {"mapping": roster_mapping.from_text(manifest.mapping)} if manifest.mapping else {}


async def submit(
    tx: Transaction,
    caller: Caller,
    submitted: RosterSubmitted,
    chunks: Sequence[RosterChunkSealed],
    *,
    digest: bytes,
    file_digest: bytes,
    now: datetime,
) -> Outcome:
    """Store a roster once, with its receipt; the roster's id is its manifest's id."""
    ref = f"{caller.party}#{submitted.roster_id}"
    said = Said(0, caller, submitted, submitted.roster_id, now, None, ref, catalogue.key_of(ref), digest)
    outcome = (await intake.accept(tx, [said], now=now))[0]
    if outcome.status == "accepted":
        await rosters.receive(tx, submitted, file_digest)
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
