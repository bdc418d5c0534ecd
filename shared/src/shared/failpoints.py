"""Named places where a test may kill the process, as a power cut would."""

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


class Failpoints:
    """`KHAMDOAN_FAILPOINT=name[:count]` kills at the count-th passage of that place; without it nothing happens."""

    def __init__(self, spec: str = "", *, environment: str = "development") -> None:
        name, _, times = spec.partition(":")
        if spec and environment == "production":
            raise ValueError("failpoints are refused in production")
        if spec and name not in PLACES:
            raise ValueError(f"unknown failpoint: {name}")
        self._name = name
        self._times = int(times or 1)
        self._passages = count(1)

    def passed(self, place: str) -> None:
        """Die here, without any clean-up, if this is the place and the time."""
        if place == self._name and next(self._passages) == self._times:
            os.kill(os.getpid(), signal.SIGKILL)
