"""What a batch begins with: how far partitions got, which events had their effect here, which keys are parked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.database import Database, Transaction
from shared.offsets import Partition

KEPT = timedelta(days=7)

RECEIVE = "SELECT * FROM receive($1, $2, $3, $4, $5, $6, $7, $8)"
PRUNE = """
DELETE FROM inbox WHERE ctid IN (
    SELECT ctid FROM inbox WHERE received_at < now() - $1::interval LIMIT $2)
"""

Identity = tuple[str, str]
Aggregate = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Received:
    """Where the partitions stood, what was not known before (source and id), and what is parked (topic and key)."""

    stood: dict[Partition, int]
    new: set[Identity]
    parked: set[Aggregate]


async def receive(
    tx: Transaction,
    group: str,
    following: Mapping[Partition, int],
    identities: Collection[Identity],
    aggregates: Collection[Aggregate],
) -> Received:
    """Lock the partitions and move them on, remember the events by source and id, and lock the parked keys.

    Identities and aggregates are distinct. What lies before the place where a partition stood was done.
    """
    row = await tx.fetchrow(
        RECEIVE,
        group,
        [topic for topic, _ in following],
        [number for _, number in following],
        list(following.values()),
        [source for source, _ in identities],
        [id_ for _, id_ in identities],
        [topic for topic, _ in aggregates],
        [key for _, key in aggregates],
    )
    assert row is not None
    stood, sources, ids, topics, keys = row
    return Received(
        dict(zip(following, stood or (), strict=True)),
        set(identities) if ids is None else set(zip(sources, ids, strict=True)),
        set(zip(topics or (), keys or (), strict=True)),
    )


async def prune(database: Database, *, kept: timedelta = KEPT, at_once: int = 5_000) -> int:
    """Forget events older than that, a few per transaction; returns how many."""
    pruned = 0
    while True:
        async with database.transaction() as tx:
            number = int((await tx.execute(PRUNE, kept, at_once)).rpartition(" ")[2])
        pruned += number
        if number < at_once:
            return pruned
