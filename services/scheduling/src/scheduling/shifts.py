"""A crew's working time: a repeating pattern of shifts on the axis of minutes since day one (ordinal × 1440)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

DAY = 1440
Shift = tuple[int, int]


def instant(day: date, minute: int) -> int:
    """A local day and minute as one number."""
    return day.toordinal() * DAY + minute


def usual_hours(pattern: Iterable[Shift | None]) -> Shift | None:
    """The shift that most days of a pattern have, the earliest of several; None where nobody ever works."""
    counted = Counter(shift for shift in pattern if shift is not None)
    return min(counted, key=lambda shift: (-counted[shift], shift)) if counted else None


def written(hours: Shift | None) -> str:
    """Usual hours as tables have them: `1320-1800`, or nothing."""
    return f"{hours[0]}-{hours[1]}" if hours else ""


@dataclass(frozen=True, slots=True)
class Shifts:
    """`pattern` repeats from the day with ordinal `first`, in both directions; an empty one never works."""

    first: int = 0
    pattern: tuple[Shift | None, ...] = ()

    def on(self, day: int) -> Shift | None:
        """The shift that begins on a day (ordinal), in minutes of that day; its end may pass 1440."""
        return self.pattern[(day - self.first) % len(self.pattern)] if self.pattern else None

    def within(self, start: int, end: int) -> Iterator[Shift]:
        """The parts of `[start, end)` that lie in shifts, in order."""
        for day in range(start // DAY - 1, (end - 1) // DAY + 1):
            shift = self.on(day)
            if shift is not None:
                begins, ends = max(start, day * DAY + shift[0]), min(end, day * DAY + shift[1])
                if begins < ends:
                    yield begins, ends

    def since_last_end(self, at: int) -> int | None:
        """Minutes since the latest shift end at or before an instant; None where nobody ever works."""
        for day in range(at // DAY, at // DAY - len(self.pattern) - 2, -1):
            shift = self.on(day)
            if shift is not None and day * DAY + shift[1] <= at:
                return at - day * DAY - shift[1]
        return None
