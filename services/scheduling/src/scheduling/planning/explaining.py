"""Why a plan is as it is, as data: cost and bound, scarce places, sessions opened or not, and each worker's case."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from scheduling.planning.choices import Choices, WindowCase
from scheduling.planning.eligibility import Rules
from scheduling.planning.model import CostParts, Instance, Notes, Plan, Session
from scheduling.planning.occupancy import Occupancy, Visits
from scheduling.planning.reasons import Chain
from scheduling.planning.remedies import Remedies, Remedy

OPENED, NOT_NEEDED, NOT_PERMITTED, ON_HOLIDAY, TOO_LATE, OUT_OF_REACH = (
    "opened",
    "not_needed",
    "not_permitted",
    "on_holiday",
    "too_late",
    "out_of_reach",
)
LARGE = 30_000  # appointments beyond which it is not worked out for every session what its people would do without it


@dataclass(frozen=True, slots=True)
class Scarcity:
    """A station (or "total") whose places ran out in some of a session's windows; what one more there is worth.

    The price is the relaxation's: what a little more would bring, an estimate for a whole place.
    """

    session: str
    station: str
    full_windows: int
    windows: int
    price: float


@dataclass(frozen=True, slots=True)
class SessionCase:
    """Why a session is opened or not; visits and the share of its places that are taken.

    As all else stands: what its people would cost more elsewhere, at least, `stranded` of them being left out; or, of
    one that nobody comes to, what those for whom it is cheaper would save, at most. Both None in very large plans.
    `gain`: what its places are worth beyond the opening cost at the relaxation's prices.
    """

    session: str
    verdict: str
    visits: int
    filled: float
    open_cost: int
    gain: float | None
    elsewhere: int | None = None
    stranded: int | None = None
    would_save: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The plan as a whole: what it costs, what it could cost at best, and what is scarce."""

    cost: CostParts
    bound: int
    unassigned_by_reason: dict[str, int]
    unassigned_by_priority: dict[int, int]
    scarce: tuple[Scarcity, ...]
    scarce_lines: tuple[tuple[str, float], ...]
    sessions: tuple[SessionCase, ...]


class Explanation:
    """Answers about one plan of one instance; each is computed when asked."""

    def __init__(self, instance: Instance, plan: Plan, first_free: int = 0) -> None:
        self.instance, self.plan, self.notes = instance, plan, plan.notes or Notes()
        self.rules = Rules(instance, first_free)
        self.workers = {w.id: w for w in instance.workers}
        self.occupancy = Occupancy(self.rules, Visits.named(self.rules, self.workers, plan.appointments))
        self.chain = Chain(self.rules)

    def overview(self, scarcest: int = 20, *, instead: bool = True) -> Overview:
        """The whole plan on one page; `instead`: with what people would pay or save in other sessions."""
        reasons = Counter(self.plan.unassigned.values())
        priorities = Counter(self.workers[w].priority for w in self.plan.unassigned)
        return Overview(
            self.plan.cost,
            self.plan.bound,
            dict(reasons),
            dict(priorities),
            tuple(self._scarce()[:scarcest]),
            self._scarce_lines(scarcest),
            tuple(self.session(session, instead=instead) for session in self.instance.sessions),
        )

    def session(self, session: Session, *, instead: bool = True) -> SessionCase:
        """Why a session is opened or not; `instead`: what its people could have instead is looked at."""
        visits, seats, instead = self._visits.get(session.id, 0), sum(session.total), instead and self._is_small
        elsewhere = stranded = would_save = None
        if visits:
            verdict = OPENED
            if instead:
                elsewhere, stranded = self._choices.without(session.id)
        elif not session.permit:
            verdict = NOT_PERMITTED
        elif session.day in self.instance.holidays:
            verdict = ON_HOLIDAY
        elif session.day < self.rules.first_free:
            verdict = TOO_LATE
        elif session.site not in self._reached:
            verdict = OUT_OF_REACH
        else:
            verdict = NOT_NEEDED
            would_save = self._choices.savings.get(session.id, 0) if instead else None
        return SessionCase(
            session.id,
            verdict,
            visits,
            visits / seats if seats else 0.0,
            session.open_cost,
            self.notes.session_gains.get(session.id),
            elsewhere,
            stranded,
            would_save,
        )

    def remedy(self, worker_id: str) -> Remedy:
        """The nearest change that would give an unassigned worker a window, all else as it is."""
        return self._remedies.nearest(self.workers[worker_id])

    def window(self, worker_id: str) -> WindowCase:
        """Why a worker has this window and no other."""
        return self._choices.case(self.workers[worker_id])

    @property
    def _is_small(self) -> bool:
        return len(self.plan.appointments) <= LARGE

    @cached_property
    def _remedies(self) -> Remedies:
        return Remedies(self.rules, self.occupancy)

    @cached_property
    def _choices(self) -> Choices:
        return Choices(self.chain, self.occupancy, self.workers, self.plan)

    @cached_property
    def _visits(self) -> Counter[str]:
        return Counter(session for session, _ in self.plan.appointments.values())

    @cached_property
    def _reached(self) -> set[str]:
        sites = {self.instance.lines[self.rules.line_at[name]].site for name in {w.line for w in self.instance.workers}}
        near = [self.rules.within_reach(site) for site in sites]
        return {b for reach in near for b, ok in zip(self.rules.sites, reach, strict=True) if ok}

    def _scarce_lines(self, most: int) -> tuple[tuple[str, float], ...]:
        """Lines whose absence ceiling binds, with the price of one more person away, the dearest first."""
        return tuple(sorted(self.notes.line_prices.items(), key=lambda item: (-item[1], item[0]))[:most])

    def _scarce(self) -> list[Scarcity]:
        flat, found = self.rules.windows, []
        for session in self.instance.sessions:
            first, n = self.occupancy.first_window[session.id], len(session.windows)
            own = slice(first, first + n)
            taken = self.occupancy.total[own]
            full = {"total": (taken >= flat.total[own]) & (taken > 0)}
            for q, station in enumerate(self.rules.stations):
                taken = self.occupancy.stations[own, q]
                full[station] = (taken >= flat.capacity[own, q]) & (taken > 0)
            for name, f in full.items():
                if f.any():
                    price = self.notes.station_prices.get((session.id, name), 0.0) * n / int(f.sum())
                    found.append(Scarcity(session.id, name, int(f.sum()), n, round(price, 2)))
        return sorted(found, key=lambda s: (-s.price, -s.full_windows / s.windows, s.session, s.station))
