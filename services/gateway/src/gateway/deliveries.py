"""What services could not take: parked, replayed, discarded; their receipts show it."""

from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from gateway import receipts
from gateway.catalogue import key_of, owner_of
from gateway.read_models.records import Reader, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO deliveries (dead_letter_id, service, ref, event_key, type, reason, state, at)
SELECT dead_letter_id, $1, ref, event_key, type, reason, $2, at
FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::timestamptz[])
  AS told (dead_letter_id, ref, event_key, type, reason, at)
ON CONFLICT (dead_letter_id) DO UPDATE SET state = excluded.state, at = excluded.at
"""
COUNT = "SELECT service, state, count(*) AS number FROM deliveries GROUP BY service, state ORDER BY service, state"
LIST = """
SELECT dead_letter_id, service, ref, type, reason, state, at FROM deliveries
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR service = $2) AND ($3::text IS NULL OR reason = $3)
  AND ($4::text IS NULL OR strpos(type, $4) > 0) AND ($5::timestamptz IS NULL OR at >= $5)
  AND ($6::timestamptz IS NULL OR at < $6)
ORDER BY at DESC LIMIT $7
"""


async def record(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember how parked messages stand, and show it in their receipts."""
    await remember(tx, batch)
    refs = [event.ref for event in batch.events]
    if _turn(batch) == "parked":
        await receipts.mark_parked(tx, refs)
    if _turn(batch) == "replayed":
        await receipts.unpark(tx, refs)


def _turn(batch: Batch[Any]) -> str:
    """Parked, replayed or discarded, as the events' type says."""
    return batch[0].type.split(".")[-2]


async def remember(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember how parked messages stand."""
    owner, state = owner_of(batch[0].type), _turn(batch)
    events = batch.events
    await tx.execute(
        RECORD,
        owner,
        state,
        [event.dead_letter_id for event in events],
        [event.ref for event in events],
        [key_of(event.ref) for event in events],
        [event.type for event in events],
        [event.reason for event in events],
        [event.at for event in events],
    )


async def counts(db: Reader) -> list[dict[str, Any]]:
    """How many messages each service has in each state."""
    return dicts(await db.fetch(COUNT))


@dataclass(frozen=True, slots=True)
class Search:
    """Which of them: None is any; `type` may be a part of a name, `until` is not in the range."""

    state: str | None = None
    service: str | None = None
    reason: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def listed(db: Reader, wanted: Search, *, limit: int) -> list[dict[str, Any]]:
    """The latest of them, newest first."""
    return dicts(await db.fetch(LIST, *astuple(wanted), limit))
