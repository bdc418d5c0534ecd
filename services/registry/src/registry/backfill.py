"""What 0.1.0 did not write of people is filled in from their sealed identities, once, some at a time.

Without it they would not be found under another spelling, no report on their job would find them exposed, and nobody
would know at which hours they work.
"""

import asyncio
from uuid import UUID

import structlog
from asyncpg import Record

from registry import authority, employment_store, exposures, persons, workers
from registry.blocking import Blocks, blocks_of
from registry.employment_store import Learnt
from registry.persons import Identity
from registry.reading.names import name_key
from registry.reading.shifts import read_hours
from registry.vault import Vault
from registry.worker_facts import written
from shared.clock import utc_now
from shared.database import Database, Transaction

log = structlog.get_logger(__name__)

AT_ONCE = 1_000
NOBODY = UUID(int=0)

GET_NEXT = """
SELECT worker_id, unit_id, employer_id, EXISTS (
    SELECT FROM identifiers AS number
    WHERE number.worker_id = person.worker_id AND type = 'cccd' AND verified AND valid_to IS NULL) AS has_number
FROM persons AS person JOIN workers USING (worker_id)
WHERE spelled IS NULL AND worker_id > $1 ORDER BY worker_id LIMIT $2 FOR UPDATE OF person
"""
FILL_BLOCKS = """
UPDATE persons AS known SET spelled = new.spelled, named = new.named, first_word = new.first_word,
    last_word = new.last_word, number_middle = new.number_middle, number_end = new.number_end
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::int[])
    AS new (worker_id, spelled, named, first_word, last_word, number_middle, number_end)
WHERE known.worker_id = new.worker_id
"""
FILL_WORK = """
UPDATE workers SET job = coalesce(workers.job, known.job), shift = coalesce(workers.shift, known.shift)
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS known (worker_id, job, shift)
WHERE workers.worker_id = known.worker_id
"""


async def run(database: Database, vault: Vault, stop: asyncio.Event) -> int:
    """Fill in everybody who lacks something, until `stop`; returns how many there were.

    Whoever cannot be opened any more is passed over.
    """
    filled, after = 0, NOBODY
    while not stop.is_set():
        async with database.transaction() as tx:
            await tx.execute(workers.LOCK)
            rows = await tx.fetch(GET_NEXT, after, AT_ONCE)
            if rows:
                await _fill(tx, vault, rows)
        if not rows:
            break
        filled, after = filled + len(rows), rows[-1]["worker_id"]
    if filled:
        log.info("people filled in", people=filled)
    return filled


async def _fill(tx: Transaction, vault: Vault, rows: list[Record]) -> None:
    opened = await persons.open_identities(tx, vault, [row["worker_id"] for row in rows])
    blocks = [
        (row["worker_id"], *_blocks(vault, row, opened[row["worker_id"]])) for row in rows if row["worker_id"] in opened
    ]
    if blocks:
        await tx.execute(FILL_BLOCKS, *map(list, zip(*blocks, strict=True)))
    work = [learnt for row in rows if any((learnt := _work(row, opened.get(row["worker_id"], {})))[3:])]
    if work:
        ids = [worker_id for worker_id, *_ in work]
        await tx.execute(FILL_WORK, ids, [job for *_, job, _ in work], [shift for *_, shift in work])
        await employment_store.learn(tx, work)
        await exposures.tell_of_learnt(tx, ids, await authority.today(tx, utc_now()))


def _work(row: Record, identity: Identity) -> Learnt:
    hours = read_hours(identity["shift"]) if identity.get("shift") else None
    job = name_key(identity["job"]) if identity.get("job") else None
    return row["worker_id"], row["unit_id"], row["employer_id"], job, written(hours)


def _blocks(vault: Vault, row: Record, identity: Identity) -> Blocks:
    number = (identity.get("identifiers") or {}).get("cccd") if row["has_number"] else None
    return blocks_of(vault.index, identity, row["unit_id"], number)
