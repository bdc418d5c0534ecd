"""Exam sessions as listed, with their windows as offered, and the permits they stand on."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from contracts.clinics import SessionOffered
from contracts.health import PermitGranted, PermitRevoked
from contracts.scheduling import MakeUpSessionProposed, SessionListed
from gateway.parties import Caller
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

OFFER = """
INSERT INTO session_windows SELECT session_id, clinic_id, windows
FROM json_populate_recordset(NULL::session_windows, $1::json)
ON CONFLICT (session_id) DO UPDATE SET windows = excluded.windows WHERE session_windows.clinic_id = excluded.clinic_id
"""
LIST = """
INSERT INTO sessions SELECT * FROM json_populate_recordset(NULL::sessions, $1::json)
ON CONFLICT (session_id) DO UPDATE
SET clinic_id = excluded.clinic_id, campaign_id = excluded.campaign_id, site = excluded.site, day = excluded.day,
    status = excluded.status, permit_id = excluded.permit_id, seats = excluded.seats, booked = excluded.booked
"""
# As scheduling takes them: a known permit keeps what is left of it, and ends by its own authority's word.
GRANT = """
INSERT INTO permits SELECT * FROM json_populate_recordset(NULL::permits, $1::json) ON CONFLICT (permit_id) DO NOTHING
"""
REVOKE = """
UPDATE permits SET valid_to = least(permits.valid_to, gone.from_day - 1)
FROM json_to_recordset($1::json) AS gone (permit_id uuid, clinic_id text, from_day date, authority text)
WHERE permits.permit_id = gone.permit_id AND permits.clinic_id = gone.clinic_id
  AND coalesce(permits.authority = gone.authority, true)
"""
OF_CAMPAIGN = """
SELECT session_id, clinic_id, campaign_id, site, day, status, permit_id, seats, booked, windows
FROM sessions LEFT JOIN session_windows USING (session_id, clinic_id)
WHERE campaign_id = $1 AND ($2::text IS NULL OR clinic_id = $2) AND ($3::date IS NULL OR day = $3)
  AND session_id > $4 ORDER BY session_id LIMIT $5
"""
OF_CLINIC = """
SELECT session_id, site, day, status, seats, booked FROM sessions
WHERE clinic_id = $1 AND day >= $2 ORDER BY day, session_id LIMIT $3
"""
OF_OTHERS = """
SELECT session_id FROM sessions WHERE session_id = ANY($1::uuid[]) AND clinic_id <> $2
UNION SELECT session_id FROM session_windows WHERE session_id = ANY($1::uuid[]) AND clinic_id <> $2
"""
PERMITS_OF_OTHERS = "SELECT permit_id FROM permits WHERE permit_id = ANY($1::uuid[]) AND authority <> $2"
PERMITS = """
SELECT permit_id, clinic_id, sites, valid_from, valid_to, licensed_stations, bnn FROM permits
WHERE ($1::text IS NULL OR clinic_id = $1) AND permit_id > $2 ORDER BY permit_id LIMIT $3
"""
MAKE_UP = """
INSERT INTO make_up_sessions SELECT campaign_id, site, on_day, people, urgent, stations, bnn, latest
FROM json_populate_recordset(NULL::make_up_sessions, $1::json) ON CONFLICT DO NOTHING
"""
MAKE_UPS = """
SELECT campaign_id, site, on_day, people, urgent, stations, bnn, latest FROM make_up_sessions
WHERE campaign_id = $1 ORDER BY on_day DESC, site LIMIT 1000
"""


async def offer(tx: Transaction, batch: Batch[SessionOffered]) -> None:
    """Remember the windows of offered sessions."""
    await tx.execute(OFFER, as_rows(batch.events))


async def list_(tx: Transaction, batch: Batch[SessionListed]) -> None:
    """Remember how sessions stand."""
    await tx.execute(LIST, as_rows(batch.events))


async def grant(tx: Transaction, batch: Batch[PermitGranted]) -> None:
    """Remember permits."""
    await tx.execute(GRANT, _with_authority(batch))


async def revoke(tx: Transaction, batch: Batch[PermitRevoked]) -> None:
    """Remember that permits end sooner."""
    await tx.execute(REVOKE, _with_authority(batch))


def _with_authority(batch: Batch[PermitGranted] | Batch[PermitRevoked]) -> str:
    return to_json(
        [{**message.event.model_dump(mode="json"), "authority": message.party} for message in batch]
    ).decode()


async def permits_of_others(tx: Transaction, caller: Caller, permit_ids: Sequence[UUID]) -> list[UUID]:
    """Those permits that are known to have been granted by another authority."""
    return [row["permit_id"] for row in await tx.fetch(PERMITS_OF_OTHERS, list(permit_ids), caller.party)]


async def make_up(tx: Transaction, batch: Batch[MakeUpSessionProposed]) -> None:
    """Remember where make-up sessions were proposed."""
    await tx.execute(MAKE_UP, as_rows(batch.events))


async def make_ups(db: Reader, campaign_id: UUID) -> list[dict[str, Any]]:
    """Where make-up sessions of a campaign were proposed, the newest first."""
    return dicts(await db.fetch(MAKE_UPS, campaign_id))


async def of_campaign(
    db: Reader, campaign_id: UUID, clinic_id: str | None, day: date | None, *, after: UUID, limit: int
) -> list[dict[str, Any]]:
    """A page of a campaign's sessions, by id; of one clinic or day where named."""
    return dicts(await db.fetch(OF_CAMPAIGN, campaign_id, clinic_id, day, after, limit))


async def of_clinic(db: Reader, clinic_id: str, since: date, *, limit: int) -> list[dict[str, Any]]:
    """A clinic's sessions from a day on."""
    return dicts(await db.fetch(OF_CLINIC, clinic_id, since, limit))


async def permits(db: Reader, clinic_id: str | None, *, after: UUID, limit: int) -> list[dict[str, Any]]:
    """A page of permits, by id; of one clinic where named."""
    return dicts(await db.fetch(PERMITS, clinic_id, after, limit))


async def of_others(tx: Transaction, caller: Caller, session_ids: Sequence[UUID]) -> list[UUID]:
    """Those sessions that are known to belong to another clinic."""
    return [row["session_id"] for row in await tx.fetch(OF_OTHERS, list(session_ids), caller.party_id)]
