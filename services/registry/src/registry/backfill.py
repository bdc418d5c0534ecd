"""What 0.1.0 did not write of people is filled in from their sealed identities, once, some at a time.

Without it they would not be found under another spelling, and no report on their job would find them exposed.
"""

import asyncio
from uuid import UUID

import structlog
from asyncpg import Record

from registry import authority, exposures, persons, workers
from registry.blocking import Blocks, blocks_of
from registry.persons import Identity
from registry.reading.names import name_key
from registry.vault import Vault
from shared.clock import utc_now
from shared.database import Database, Transaction

log = structlog.get_logger(__name__)

AT_ONCE = 1_000
NOBODY = UUID(int=0)

GET_NEXT = """
SELECT worker_id, unit_id, EXISTS (
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
FILL_JOBS = """
UPDATE workers SET job = known.job FROM unnest($1::uuid[], $2::text[]) AS known (worker_id, job)
WHERE workers.worker_id = known.worker_id AND workers.job IS NULL
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
    jobs: dict[UUID, str | None] = {id_: name_key(known["job"]) for id_, known in opened.items() if known.get("job")}
    if jobs:
        await tx.execute(FILL_JOBS, list(jobs), list(jobs.values()))
        await workers.learn_jobs(tx, jobs)
        await exposures.tell_of_jobs(tx, list(jobs), await authority.today(tx, utc_now()))


def _blocks(vault: Vault, row: Record, identity: Identity) -> Blocks:
    number = (identity.get("identifiers") or {}).get("cccd") if row["has_number"] else None
    return blocks_of(vault.index, identity, row["unit_id"], number)
