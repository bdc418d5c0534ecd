"""How late a service is, in time: behind what Kafka holds, and before the deadlines that a law sets."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A kind of deadline; `sql` answers one number, the minutes left to the nearest that is open, or null.

    The number is negative once it has passed. The statement runs every few seconds and must find it by an index.
    """

    name: str
    sql: str


@dataclass(slots=True)
class Waiting:
    """Since when each partition's next record has been there to be read, judged by the ends seen so far."""

    seen: dict[Place, deque[tuple[float, int]]] = field(default_factory=dict)

    def seconds(self, standing: Mapping[Place, tuple[int, int]], now: float) -> dict[str, float]:
        """The longest wait of each topic, 0 where all is read; partitions that others have now are forgotten."""
        self.seen = {place: self.seen.get(place, deque()) for place in standing}
        waits: dict[str, float] = {}
        for (topic, partition), (at, end) in standing.items():
            ends = self.seen[topic, partition]
            if end > (ends[-1][1] if ends else at):
                ends.append((now, end))
            while ends and ends[0][1] <= at:
                ends.popleft()
            waits[topic] = max(waits.get(topic, 0.0), now - ends[0][0] if ends else 0.0)
        return waits
