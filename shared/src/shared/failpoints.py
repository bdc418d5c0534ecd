"""Named places where a test may kill the process, as a power cut would, or freeze it, as a stalled host would."""

import os
import signal
from itertools import count

PLACES = frozenset(
    {
        "before_commit",
        "after_commit",
        "before_produce",
        "after_produce_ack",
        "before_outbox_delete",
        "before_offset_commit",
        "after_offset_commit",
    }
)
HARM = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}


class Failpoints:
    """`KHAMDOAN_FAILPOINT=place[:count[:kill|freeze]]` strikes at the count-th passage; without it nothing happens."""

    def __init__(self, spec: str = "", *, environment: str = "development") -> None:
        if spec and environment == "production":
            raise ValueError("failpoints are refused in production")
        place, times, harm = [*spec.split(":"), "", ""][:3]
        if place and place not in PLACES:
            raise ValueError(f"unknown failpoint: {place}")
        self._place = place
        self._times = int(times or 1)
        self._signal = HARM[harm or "kill"]
        self._passages = count(1)

    def passed(self, place: str) -> None:
        """Strike here, without any clean-up, if this is the place and the time."""
        if place == self._place and next(self._passages) == self._times:
            os.kill(os.getpid(), self._signal)
