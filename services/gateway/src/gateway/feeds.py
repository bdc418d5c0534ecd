"""One ordered log per party: what it is told, numbered without gaps, to be read again from any number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.appointments import AppointmentMoved
from contracts.base import Event, Party
from gateway import catalogue
from gateway.read_models.records import Reader
from shared import outbox
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.envelope import write_headers

CHANNEL = "feeds"
OUT = "edge.out."
COPIED_AT_ONCE = 1_000
# Feeds are locked in one order by taking a lock on their table's name first: two batches never wait crosswise.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('feeds'))"
APPEND = """
WITH entry AS (
    SELECT *, row_number() OVER (PARTITION BY party ORDER BY place) AS nth
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
      WITH ORDINALITY AS entry (party, source, id, type, at, data, place)
), locked AS (
    INSERT INTO feeds (party, last_sequence) SELECT party, count(*) FROM entry GROUP BY party ORDER BY party
    ON CONFLICT (party) DO UPDATE SET last_sequence = feeds.last_sequence + excluded.last_sequence
    RETURNING party, last_sequence, on_kafka
), counted AS (
    SELECT party, count(*) AS number FROM entry GROUP BY party
), stored AS (
    INSERT INTO feed_entries (party, sequence, source, id, type, at, data)
    SELECT party, last_sequence - number + nth, source, id, type, at, data
    FROM entry JOIN locked USING (party) JOIN counted USING (party)
)
SELECT party FROM locked WHERE on_kafka
"""
NOT_ON_KAFKA = "SELECT party FROM feeds WHERE NOT on_kafka ORDER BY party"
PUT_ON_KAFKA = "UPDATE feeds SET on_kafka = true WHERE party = $1 AND NOT on_kafka RETURNING last_sequence"
READ = """
SELECT sequence, source, id, type, at, data FROM feed_entries
WHERE party = $1 AND sequence > $2 ORDER BY sequence LIMIT $3
"""
LAST = "SELECT last_sequence FROM feeds WHERE party = $1"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a party is told: an event, as far as it may leave the restricted topics."""

    party: str
    source: str
    id: str
    type: str
    at: Any
    data: str


def entries_of(batch: Batch[Any]) -> list[Entry]:
    """What clinics are told of these events; the clinic a worker was moved away from learns only that."""
    return [entry for message in batch for entry in _entries(message)]


def _entries(message: Message[Any]) -> Iterable[Entry]:
    event = message.event
    event_class: type[Event] = type(event)
    told = catalogue.may_leave(event_class)
    yield _entry(event.clinic_id, message, told)
    if isinstance(event, AppointmentMoved) and event.from_clinic_id != event.clinic_id:
        yield _entry(event.from_clinic_id, message, {"appointment_id", "from_session_id", "from_clinic_id", "reason"})


def _entry(clinic_id: str, message: Message[Any], told: Iterable[str]) -> Entry:
    data = message.event.model_dump_json(include=set(told))
    return Entry(f"{Party.CLINICS.value}/{clinic_id}", message.source, message.id, message.type, message.time, data)


async def append(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Number and store entries, in their order; readers of every process are woken at the commit."""
    if not entries:
        return
    await tx.execute(LOCK)
    on_kafka = await tx.fetch(
        APPEND, [e.party for e in entries], [e.source for e in entries], [e.id for e in entries],
        [e.type for e in entries], [e.at for e in entries], [e.data for e in entries],
    )  # fmt: skip
    listening = {row["party"] for row in on_kafka}
    await outbox.append_copies(tx, [_copy(entry) for entry in entries if entry.party in listening])
    tx.notify(CHANNEL)


def _copy(entry: Entry) -> outbox.Copy:
    """An entry for the party's own topic, whose numbers are those of the feed: both count the same from the start."""
    headers = write_headers(
        type=entry.type, source=entry.source, id=entry.id, time=entry.at, subject=entry.party, cause=None, party=None,
        actor=None, trace=None,
    )  # fmt: skip
    return outbox.Copy(OUT + entry.party.replace("/", ".", 1), entry.party, headers, entry.data.encode())


async def not_on_kafka(db: Reader) -> list[str]:
    """The parties whose feed has no topic yet."""
    return [row["party"] for row in await db.fetch(NOT_ON_KAFKA)]


async def put_on_kafka(tx: Transaction, party: str) -> None:
    """Copy what a party's log holds to its topic; from then on every entry follows as it is appended."""
    await tx.execute(LOCK)
    last = await tx.fetchval(PUT_ON_KAFKA, party)
    after = 0
    while after < (last or 0):
        rows = await tx.fetch(READ, party, after, COPIED_AT_ONCE)
        await outbox.append_copies(tx, [_copy(_of_row(party, row)) for row in rows])
        after = rows[-1]["sequence"]


def _of_row(party: str, row: Any) -> Entry:
    return Entry(party, row["source"], row["id"], row["type"], row["at"], row["data"])


async def read(db: Reader, party: str, after: int, *, limit: int) -> list[Any]:
    """The entries of a party's log behind a number."""
    return await db.fetch(READ, party, after, limit)


async def last(db: Reader, party: str) -> int:
    """The number of the last entry, 0 where there is none."""
    return int(await db.fetchval(LAST, party) or 0)
