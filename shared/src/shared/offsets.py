"""How far each partition has taken effect: advanced in the same transaction as the effect (see `inbox`)."""

from collections.abc import Iterable

from shared.envelope import Arrival

Partition = tuple[str, int]

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
