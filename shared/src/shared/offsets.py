"""How far each partition has taken effect: locked and advanced in the same transaction as the effect."""

from collections.abc import Iterable

from shared.database import Transaction
from shared.envelope import Arrival

Partition = tuple[str, int]

# Partitions are claimed in one order by everybody; whoever comes second waits, then sees what was done.
ADVANCE = """
INSERT INTO consumed AS known (consumer_group, topic, partition, next_offset, previous_offset)
SELECT $1, topic, partition, next_offset, 0
FROM unnest($2::text[], $3::int[], $4::bigint[]) AS batch (topic, partition, next_offset)
ORDER BY topic COLLATE "C", partition
ON CONFLICT (consumer_group, topic, partition) DO UPDATE
SET previous_offset = known.next_offset, next_offset = greatest(known.next_offset, excluded.next_offset)
RETURNING topic, partition, previous_offset
"""
READ = "SELECT topic, partition, next_offset FROM consumed WHERE consumer_group = $1"


class WentBackError(Exception):
    """The database stands before what this process saw committed: it was restored, and what lies between is unread."""


def after(arrivals: Iterable[Arrival]) -> dict[Partition, int]:
    """Per partition, the offset that follows the last of these arrivals."""
    following: dict[Partition, int] = {}
    for arrival in arrivals:
        partition = arrival.topic, arrival.partition
        if following.get(partition, 0) <= arrival.offset:
            following[partition] = arrival.offset + 1
    return following


async def advance(tx: Transaction, group: str, following: dict[Partition, int]) -> dict[Partition, int]:
    """Lock the partitions and move them on; returns where each stood: what lies before it was done."""
    rows = await tx.fetch(
        ADVANCE, group, [topic for topic, _ in following], [number for _, number in following], list(following.values())
    )
    return {(row["topic"], row["partition"]): row["previous_offset"] for row in rows}
