"""The nearest change that would give somebody left out a place: one window, and everything that it lacks for them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scheduling.planning import costs
from scheduling.planning.eligibility import Flags, Ints, Rules
from scheduling.planning.model import Worker
from scheduling.planning.occupancy import Occupancy

ONE_MORE_PLACE, ONE_MORE_ABSENT, BACK_FROM_LEAVE, EARLIER_START, A_PERMIT, ANOTHER_DESK = (
    "one_more_place",
    "one_more_absent",
    "back_from_leave",
    "earlier_start",
    "a_permit",
    "another_desk",
)
A_LICENCE, OTHER_HOURS, LATER_DEADLINE, SHORTER_WAY, ANOTHER_SESSION = (
    "a_licence",
    "other_hours",
    "later_deadline",
    "shorter_way",
    "another_session",
)
# How much it takes: a place or a colleague less at work, before days, before papers and equipment, before hours,
# before the law and the roads. Sums decide which of two windows is nearer.
EFFORT = {
    ONE_MORE_PLACE: 4,
    ONE_MORE_ABSENT: 4,
    BACK_FROM_LEAVE: 10,
    EARLIER_START: 10,
    A_PERMIT: 15,
    ANOTHER_DESK: 20,
    A_LICENCE: 25,
    OTHER_HOURS: 30,
    LATER_DEADLINE: 40,
    SHORTER_WAY: 60,
}
TOTAL = "total"


class Lack(NamedTuple):
    """One thing that a window lacks: places or desks name the station ("total": arrivals), hours name the need."""

    kind: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A window and all that it lacks, the weightiest first: were that so, it would take the worker, all else as it is.

    Without a window, nothing that is listed comes near: another session is needed.
    """

    lacks: tuple[Lack, ...]
    session: str | None = None
    window: int | None = None
    day: int | None = None

    @property
    def kind(self) -> str:
        """The weightiest change."""
        return self.lacks[0].kind

    @property
    def stations(self) -> tuple[str, ...]:
        """Where it takes one more place, or a desk that there is not."""
        return tuple(lack.what for lack in self.lacks if lack.kind in (ONE_MORE_PLACE, ANOTHER_DESK))


Found = tuple[Lack, Flags]  # what is lacking, and in which of some windows


class Remedies:
    """Looks at every window on listed ways, on or after the first free day and on no holiday, as a plan leaves it."""

    def __init__(self, rules: Rules, occupancy: Occupancy) -> None:
        self.rules, self.occupancy = rules, occupancy
        instance = rules.instance
        held = [s.day >= rules.first_free and s.day not in instance.holidays for s in instance.sessions]
        self.held: Flags = np.array(held, dtype=np.bool_)[rules.windows.session]
        self.permitted = np.array([s.permit for s in instance.sessions], dtype=np.bool_)
        self.opening = np.array([s.open_cost for s in instance.sessions], dtype=np.int64)
        self._known: dict[tuple[str, str, str], tuple[Ints, list[Found]]] = {}

    def nearest(self, worker: Worker) -> Remedy:
        """The window that takes least to become the worker's; the cheapest of several."""
        rules, flat = self.rules, self.rules.windows
        windows, lasting = self._lasting(worker)
        if not len(windows):
            return Remedy((Lack(ANOTHER_SESSION),))
        found = [*lasting, *self._dated(worker, windows), *self._crowded(worker, windows)]
        effort = sum((EFFORT[lack.kind] * flags for lack, flags in found), np.zeros(len(windows), dtype=np.int64))
        session = flat.session[windows]
        cost = costs.of_visit(rules, worker, windows) + self.opening[session] * ~self.occupancy.used[session]
        best, least, crew = 0, sum(EFFORT.values()) * len(rules.stations), False
        for x in np.lexsort((cost, effort)).tolist():
            if effort[x] >= least:
                break
            blocked = self.occupancy.line_blocks(worker.line, worker.package, int(windows[x]))
            if effort[x] + blocked * EFFORT[ONE_MORE_ABSENT] < least:
                best, least, crew = x, int(effort[x]) + blocked * EFFORT[ONE_MORE_ABSENT], blocked
        lacks = [lack for lack, flags in found if flags[best]] + [Lack(ONE_MORE_ABSENT)] * crew
        lacks.sort(key=lambda lack: (-EFFORT[lack.kind], lack.what == TOTAL))
        place = rules.instance.sessions[int(session[best])]
        return Remedy(tuple(lacks), place.id, int(flat.index[windows[best]]), place.day)

    def _lasting(self, worker: Worker) -> tuple[Ints, list[Found]]:
        """The windows on listed ways, and where way, permit, licence, a desk or the hours are wanting."""
        rules = self.rules
        line = rules.instance.lines[rules.line_at[worker.line]]
        key = (line.site, line.calendar, worker.package)
        if key not in self._known:
            package, minutes = rules.instance.packages[rules.package_at[worker.package]], rules.travel_from(line.site)
            windows = np.flatnonzero(self.held & (minutes >= 0)[rules.windows.site])
            some = rules.windows.of(windows)
            met = rules.timings(line.calendar, some)
            self._known[key] = (
                windows,
                [
                    (Lack(SHORTER_WAY), minutes[some.site] > rules.instance.params.max_travel_minutes),
                    (Lack(A_PERMIT), ~self.permitted[some.session]),
                    (Lack(A_LICENCE), ~some.bnn & package.bnn),
                    (Lack(ANOTHER_DESK, TOTAL), some.total < 1),
                    *((Lack(ANOTHER_DESK, q), some.capacity[:, k] < 1) for k, q in self._needed(worker)),
                    *((Lack(OTHER_HOURS, need), ~met[need]) for need in package.timing),
                ],
            )
        return self._known[key]

    def _dated(self, worker: Worker, windows: Ints) -> list[Found]:
        days = self.rules.windows.day[windows]
        away = np.zeros(len(days), dtype=np.bool_)
        for first, last in worker.unavailable:
            away |= (days >= first) & (days <= last)
        late = days > (worker.deadline if worker.deadline is not None else days)
        return [(Lack(LATER_DEADLINE), late), (Lack(BACK_FROM_LEAVE), away),
                (Lack(EARLIER_START), days < worker.earliest)]  # fmt: skip

    def _crowded(self, worker: Worker, windows: Ints) -> list[Found]:
        flat, taken = self.rules.windows, self.occupancy
        places = [(TOTAL, flat.total[windows], taken.total[windows])]
        places += [(q, flat.capacity[windows, k], taken.stations[windows, k]) for k, q in self._needed(worker)]
        return [(Lack(ONE_MORE_PLACE, name), (limit >= 1) & (used >= limit)) for name, limit, used in places]

    def _needed(self, worker: Worker) -> list[tuple[int, str]]:
        needs = np.flatnonzero(self.rules.needs[self.rules.package_at[worker.package]])
        return [(k, self.rules.stations[k]) for k in needs.tolist()]
