"""What the outside parties know that they did: the demo's own books, held against what the system says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass
class Ledger:
    """Counts and sets of everything said; people are counted once, visits every time."""

    roster_rows: int = 0
    rosters: int = 0
    refused_rows: dict[str, int] = field(default_factory=dict)
    attendances: int = 0
    visits: int = 0
    missed: int = 0
    sections: int = 0
    laboratory: int = 0
    concluded: int = 0
    amended: int = 0
    follow_ups_closed: int = 0
    left: int = 0
    joined: int = 0
    delivered: int = 0
    examined_people: set[UUID] = field(default_factory=set)
    refused_people: set[UUID] = field(default_factory=set)
    missed_people: set[UUID] = field(default_factory=set)
    requests: dict[str, int] = field(default_factory=dict)

    def attended(self, bookings: Iterable[Any], statuses: Sequence[str]) -> None:
        """Note who came, who did not and who refused."""
        for booking, status in zip(bookings, statuses, strict=True):
            self.attendances += 1
            if status == "present":
                self.visits += 1
                self.examined_people.add(booking.worker_id)
            elif status == "refused":
                self.refused_people.add(booking.worker_id)
            else:
                self.missed += 1
                self.missed_people.add(booking.worker_id)
