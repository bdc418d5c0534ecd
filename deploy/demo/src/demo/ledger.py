"""What the outside parties know that they did: the demo's own books, held against what the system says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID


@dataclass
class Ledger:
    """Counts and sets of everything said; people are counted once, visits every time."""

    roster_rows: int = 0
    rosters: int = 0
    refused_rows: dict[str, int] = field(default_factory=dict)
    visits: int = 0
    amended: int = 0
    follow_ups_closed: int = 0
    delivered: int = 0
    examined_people: set[UUID] = field(default_factory=set)
    requests: dict[str, int] = field(default_factory=dict)
    away: list[tuple[UUID, date, int]] = field(default_factory=list)
    """Who came, on which day, at which minute: what a line's absences are counted from."""

    def attended(self, bookings: Iterable[Any], statuses: Sequence[str]) -> None:
        """Note who came; a visit every time, a person once."""
        for booking, status in zip(bookings, statuses, strict=True):
            if status == "present":
                self.visits += 1
                self.examined_people.add(booking.worker_id)
                self.away.append((booking.worker_id, booking.day, booking.start))
