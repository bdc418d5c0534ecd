"""The planning problem and its plan as plain data: days and minutes are integers, costs are integers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY = 1440

NO_REACHABLE_SESSION = "no_reachable_session"
NO_LICENSED_SESSION = "no_licensed_session"
NO_EQUIPPED_SESSION = "no_equipped_session"
NO_WINDOW_FOR_TIMING = "no_window_for_timing"
DEADLINE_PASSED = "deadline_passed"
WORKER_UNAVAILABLE = "worker_unavailable"
CAPACITY_EXHAUSTED = "capacity_exhausted"
LINE_ABSENCE_LIMIT = "line_absence_limit"
STRUCTURAL_REASONS = (
    NO_REACHABLE_SESSION,
    NO_LICENSED_SESSION,
    NO_EQUIPPED_SESSION,
    NO_WINDOW_FOR_TIMING,
    DEADLINE_PASSED,
    WORKER_UNAVAILABLE,
)
REASONS = (*STRUCTURAL_REASONS, CAPACITY_EXHAUSTED, LINE_ABSENCE_LIMIT)

FASTING, QUIET_REST, END_OF_SHIFT = "fasting", "quiet_rest", "end_of_shift"

Appointments = dict[str, tuple[str, int]]
Shift = tuple[int, int]
DayRanges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Params:
    """Limits that hold for the whole campaign; minutes, `fasting_before` is a minute of day."""

    max_travel_minutes: int = 45
    fasting_before: int = 570
    quiet_rest_minutes: int = 720
    end_of_shift_minutes: int = 60
    freeze_days: int = 2


def _penalties() -> dict[int, int]:
    return {1: 20_000, 2: 30_000, 3: 50_000, 4: 100_000}


def _late_costs() -> dict[int, int]:
    return {1: 1, 2: 2, 3: 4, 4: 8}


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a plan costs; one unit is about 1,000 VND."""

    unassigned: Mapping[int, int] = field(default_factory=_penalties)
    late_day: Mapping[int, int] = field(default_factory=_late_costs)
    travel_minute: int = 1
    shift_minute: int = 1
    rest_day_visit: int = 45
    move: int = 150


@dataclass(frozen=True, slots=True)
class Package:
    """An examination package: the stations of the visit, its timing needs, minutes in the exam site."""

    id: str
    stations: tuple[str, ...]
    timing: tuple[str, ...] = ()
    bnn: bool = False
    cycle_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A crew that follows one calendar; `headcount` counts everybody, due or not."""

    id: str
    site: str
    calendar: str
    headcount: int
    max_absent_pct: int = 10

    @property
    def ceiling(self) -> int:
        """How many of the line may be away at one instant of a shift (R5)."""
        return max(1, self.headcount * self.max_absent_pct // 100)


@dataclass(frozen=True, slots=True)
class Session:
    """One team-day; `total` and every list of `capacity` have one entry per window."""

    id: str
    site: str
    day: int
    windows: tuple[int, ...]
    total: tuple[int, ...]
    capacity: Mapping[str, tuple[int, ...]]
    open_cost: int = 6_000
    bnn: bool = False
    permit: bool = True
    clinic: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody with a check due; `unavailable` holds inclusive day ranges of leave, `deadline` None = none."""

    id: str
    line: str
    package: str
    priority: int = 1
    earliest: int = 0
    due: int = 0
    deadline: int | None = None
    unavailable: DayRanges = ()
    sex: str = ""

    def free_on(self, day: int) -> bool:
        """R3: may be examined on this day."""
        in_time = self.earliest <= day and (self.deadline is None or day <= self.deadline)
        return in_time and not any(a <= day <= b for a, b in self.unavailable)


@dataclass(frozen=True, slots=True)
class Instance:
    """Everything a plan is made from; calendars hold one shift or None per day, travel is minutes one way."""

    days: int
    packages: tuple[Package, ...]
    calendars: Mapping[str, tuple[Shift | None, ...]]
    travel: Mapping[str, Mapping[str, int]]
    lines: tuple[Line, ...]
    sessions: tuple[Session, ...]
    workers: tuple[Worker, ...]
    holidays: frozenset[int] = frozenset()
    params: Params = field(default_factory=Params)
    weights: Weights = field(default_factory=Weights)
    name: str = ""
    start_date: str = ""


@dataclass(frozen=True, slots=True)
class CostParts:
    """A plan's cost by part; `moves` only in a re-plan."""

    unassigned: int = 0
    late: int = 0
    travel: int = 0
    shift: int = 0
    rest_day: int = 0
    opening: int = 0
    moves: int = 0

    @property
    def total(self) -> int:
        """The objective."""
        return self.unassigned + self.late + self.travel + self.shift + self.rest_day + self.opening + self.moves


@dataclass(frozen=True, slots=True)
class Plan:
    """Worker → (session, window index), unassigned worker → reason; no valid plan costs less than `bound`.

    In a re-plan: none that leaves where they are whoever nobody has a reason to move.
    """

    appointments: dict[str, tuple[str, int]]
    unassigned: dict[str, str]
    cost: CostParts
    bound: int
    notes: "Notes | None" = None


@dataclass(frozen=True, slots=True)
class Notes:
    """What the engine knew when it decided, in cost units.

    `station_prices`: one more place at a station ("total": any) of a session, on average over its windows;
    `line_prices`: one more person of a line away at its tightest moment; `session_gains`: what the places of a session
    are worth beyond its opening cost.
    """

    station_prices: Mapping[tuple[str, str], float] = field(default_factory=dict)
    line_prices: Mapping[str, float] = field(default_factory=dict)
    session_gains: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """New values for one window of a session."""

    session: str
    window: int
    total: int | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since a plan was published; `now` is today, earlier days have been held."""

    now: int
    sessions_cancelled: tuple[str, ...] = ()
    workers_left: tuple[str, ...] = ()
    workers_joined: tuple[Worker, ...] = ()
    workers_unavailable: tuple[tuple[str, DayRanges], ...] = ()
    capacity_changes: tuple[CapacityChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of an unfinished search."""

    seconds: float
    cost: int
    bound: int
    unassigned: Mapping[int, int]

    @property
    def gap(self) -> int:
        """How much the plan may at most be too dear."""
        return self.cost - self.bound
