"""How much a party may ask: token buckets in the memory of this process."""

import math
from collections import OrderedDict
from dataclasses import dataclass, field

from gateway.problems import Refusal

PARTIES_REMEMBERED = 10_000


@dataclass
class Buckets:
    """One bucket per party that fills with `per_second` up to `burst`; what costs more than a burst costs a burst."""

    per_second: float
    burst: float
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, party: str, cost: float, *, now: float) -> None:
        """Take from the party's bucket; raises a 429 with the seconds to wait where it holds too little."""
        level, filled_at = self._levels.pop(party, (self.burst, now))
        level = min(self.burst, level + (now - filled_at) * self.per_second)
        cost = min(cost, self.burst)
        enough = level >= cost
        self._levels[party] = (level - cost if enough else level), now
        if len(self._levels) > PARTIES_REMEMBERED:
            self._levels.popitem(last=False)
        if not enough:
            seconds = math.ceil((cost - level) / self.per_second)
            raise Refusal("rate.exceeded", headers={"Retry-After": str(max(1, seconds))})
