"""A plan in force under other circumstances: what the change concerns is planned anew, everybody else stays."""

import time
from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from scheduling.planning import blocks, classes, completing, components, costs, reasons
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.model import Appointments, Instance, Plan
from scheduling.planning.occupancy import Occupancy, Visits, first_windows
from scheduling.planning.piecework import Crew, Finding, Piece
from scheduling.planning.reasons import Chain
from scheduling.planning.seats import Seats
from scheduling.planning.sharing import Component
from scheduling.planning.turns import MANY, PIECE, THREADS

LEAST = 0.5  # seconds of search, however long preparing took
FINISHING = 6e-6  # seconds per worker, for names, reasons and cost


@dataclass(frozen=True, slots=True)
class Change:
    """Other circumstances: the instance as it would be, and which of its sessions and lines differ (ids)."""

    instance: Instance
    sessions: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()

    @classmethod
    def between(cls, now: Instance, then: Instance) -> "Change":
        """What differs in an instance that has the same workers."""
        sessions = {s.id: s for s in now.sessions}, {s.id: s for s in then.sessions}
        lines = {line.id: line for line in then.lines}
        return cls(
            then,
            frozenset(s for s in {**sessions[0], **sessions[1]} if sessions[0].get(s) != sessions[1].get(s)),
            frozenset(line.id for line in now.lines if lines[line.id] != line),
        )


@dataclass(eq=False, slots=True)
class Task:
    """A piece to be planned anew: its block, with what stays elsewhere taken off, who sits where now, what is found.

    `whole`: nobody of it could go to sessions of others, nor others to its own.
    """

    block: Block
    absence: Absence
    known: Seats
    sessions: frozenset[str]
    whole: bool
    found: Finding | None = None

    @property
    def people(self) -> int:
        """How many are planned anew."""
        return int(self.block.size.sum())

    def gain(self) -> "Figures":
        """What planning it anew brought."""
        assert self.found is not None
        found = self.found
        return self._figures(self.known) - self._figures(Seats(found.classes, found.windows, found.amounts))

    def gap(self) -> float:
        """How much dearer it may still be than the best."""
        assert self.found is not None
        return self.found.cost - self.found.bound

    def _figures(self, seats: Seats) -> "Figures":
        block = self.block
        waiting = block.size - np.bincount(seats.classes, seats.amounts, len(block.size)).astype(np.int64)
        used = np.unique(block.window_session[seats.windows])
        visits = int((block.costs(seats.classes, seats.windows) * seats.amounts).sum())
        cost = visits + int((waiting * block.penalty).sum()) + int(block.open_cost[used].sum())
        return Figures(cost, int(waiting.sum()), int((block.open_cost[used] > 0).sum()))


@dataclass(frozen=True, slots=True)
class Figures:
    """Cost, people left out, sessions held."""

    cost: int = 0
    waiting: int = 0
    sessions: int = 0

    @classmethod
    def of(cls, plan: Plan) -> "Figures":
        """Those of a whole plan."""
        return cls(plan.cost.total, len(plan.unassigned), len({session for session, _ in plan.appointments.values()}))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(self.cost - other.cost, self.waiting - other.waiting, self.sessions - other.sessions)


class Revision:
    """A plan in force, seated under a change as far as the rules let it stand, and the tasks that the change sets."""

    def __init__(self, change: Change, appointments: Appointments) -> None:
        self.change, self.before = change, appointments
        self.rules = Rules(change.instance)
        self.workers = {w.id: w for w in change.instance.workers}
        self.demand = classes.of(self.rules, enumerate(change.instance.workers))
        self.class_of = np.zeros(len(change.instance.workers), dtype=np.int64)
        for c, members in enumerate(self.demand.members):
            self.class_of[members] = c
        kept = self._standing()
        self.fallen = frozenset(appointments.keys() - kept.keys())
        self.seats = self._seats(kept)
        tasks = [self._task(piece, whole) for piece, whole in self._concerned()]
        self.tasks = [task for task in tasks if len(task.block.window_at)]

    def sessions(self) -> frozenset[str]:
        """The sessions of all pieces that the change concerns."""
        return frozenset(name for task in self.tasks for name in task.sessions)

    def plan(self) -> Plan:
        """The plan as it would be, once all tasks are done; without a bound."""
        rules, demand, chain = self.rules, self.demand, Chain(self.rules)
        inside = [task.block for task in self.tasks]
        untouched = np.ones(len(self.seats.classes), dtype=np.bool_)
        for block in inside:
            untouched &= ~_within(self.seats, rules, block.classes, block.sessions)
        found = [Seats.at(t.block, t.found.classes, t.found.windows, t.found.amounts) for t in self.tasks if t.found]
        seats = Seats.joined([self.seats.of(untouched), *found])
        occupancy = Occupancy(rules, seats.visits(demand))
        seats = Seats.joined((seats, completing.seat_whoever_fits(chain, demand, seats.waiting(demand), occupancy)))
        appointments = self._named(seats)
        unassigned = reasons.of_all(chain, occupancy, self.change.instance.workers, appointments)
        return Plan(appointments, unassigned, costs.of_plan(rules, self.workers, appointments, unassigned), 0)

    def _standing(self) -> Appointments:
        """The appointments that may stand; of what the change touches they are let in one by one, urgent ones first."""
        chain, change = Chain(self.rules), self.change
        first, day = first_windows(self.rules), {s.id: s.day for s in change.instance.sessions}
        lines = change.lines
        touched = [w for w, (s, _) in self.before.items() if w in self.workers and s in change.sessions & day.keys()]
        touched += [w for w, (s, _) in self.before.items() if s not in change.sessions and self._line(w) in lines]
        asked = set(touched)
        kept = {w: at for w, at in self.before.items() if w in self.workers and at[0] in day and w not in asked}
        occupancy = Occupancy(self.rules, Visits.named(self.rules, self.workers, kept))
        for who in sorted(touched, key=lambda w: (-self.workers[w].priority, w)):
            worker, (session, index) = self.workers[who], self.before[who]
            window = first[session] + index
            allowed = window in chain.windows_of_kind(worker) and worker.free_on(day[session])
            full = bool(occupancy.full(worker.package, np.array([window]))[0])
            if allowed and not full and not occupancy.line_blocks(worker.line, worker.package, window):
                kept[who] = session, index
                occupancy.add(worker.line, worker.package, window)
        return kept

    def _line(self, worker: str) -> str | None:
        known = self.workers.get(worker)
        return known.line if known else None

    def _seats(self, appointments: Appointments) -> Seats:
        first = first_windows(self.rules)
        at = {w.id: k for k, w in enumerate(self.change.instance.workers)}
        windows = max(len(self.rules.windows.total), 1)
        rows = [int(self.class_of[at[w]]) * windows + first[s] + i for w, (s, i) in appointments.items()]
        found, amounts = np.unique(np.array(rows, dtype=np.int64), return_counts=True)
        return Seats(found // windows, found % windows, amounts.astype(np.int64))

    def _concerned(self) -> list[tuple[Component, bool]]:
        """The pieces with a session or a line that differs, or somebody who lost a place; whether one is whole."""
        instance, demand = self.change.instance, self.demand
        sessions = [k for k, s in enumerate(instance.sessions) if s.id in self.change.sessions]
        lines = [self.rules.line_at[name] for name in self.change.lines]
        lost = [self.class_of[k] for k, w in enumerate(instance.workers) if w.id in self.fallen]
        found = []
        for part in components.split(self.rules, demand):
            cut = components.pieces(self.rules, demand, part, PIECE)
            for piece in cut:
                held = np.isin(piece.sessions, sessions).any() or np.isin(piece.classes, lost).any()
                if held or np.isin(demand.line[piece.classes], lines).any():
                    found.append((piece, len(cut) == 1))
        return found

    def _task(self, piece: Component, whole: bool) -> Task:
        seats, rules, demand = self.seats, self.rules, self.demand
        inside = _within(seats, rules, piece.classes, piece.sessions)
        others = seats.of(~inside)
        size = demand.size - np.bincount(others.classes, others.amounts, len(demand.size)).astype(np.int64)
        rest = replace(demand, size=size)
        lines = np.unique(demand.line[piece.classes])
        near = np.isin(rules.windows.session[others.windows], piece.sessions)
        near |= np.isin(demand.line[others.classes], lines)
        fixed = Occupancy(rules, others.of(near).visits(demand))
        block = blocks.build(rules, rest, piece.classes[size[piece.classes] > 0], piece.sessions, fixed)
        names = frozenset(rules.instance.sessions[s].id for s in piece.sessions.tolist())
        return Task(block, Absence(rules, block, fixed), seats.of(inside).within(block), names, whole)

    def _named(self, seats: Seats) -> Appointments:
        """Seats by name: whoever's seat is still among those of their class keeps it."""
        rules, demand, instance = self.rules, self.demand, self.change.instance
        first, flat = first_windows(rules), rules.windows
        quota: dict[int, Counter[int]] = {}
        for c, w, n in zip(seats.classes.tolist(), seats.windows.tolist(), seats.amounts.tolist(), strict=True):
            quota.setdefault(c, Counter())[w] += n
        named: Appointments = {}
        for c, left in quota.items():
            others = []
            for who in sorted(instance.workers[m].id for m in demand.members[c]):
                place = self.before.get(who)
                window = first.get(place[0], -1) + place[1] if place else -1
                if place and place[0] in first and left[window] > 0:
                    left[window] -= 1
                    named[who] = place
                else:
                    others.append(who)
            free = sorted((int(flat.instant[w]), w) for w, n in left.items() for _ in range(n))
            for who, (_, w) in zip(others, free, strict=False):
                named[who] = instance.sessions[flat.session[w]].id, int(flat.index[w])
        return named


def _within(seats: Seats, rules: Rules, classes_: Ints, sessions: Ints) -> np.ndarray:
    return np.isin(seats.classes, classes_) & np.isin(rules.windows.session[seats.windows], sessions)


def perform(tasks: Collection[Task], seconds: float, seed: int = 0) -> None:
    """Plan all tasks anew from what they have, two at a time, in about so many seconds in all."""
    left = float(sum(task.people for task in tasks))
    ends = time.monotonic() + seconds
    crew = Crew(THREADS, processes=len(tasks) > 1 and left >= MANY)

    def work(task: Task) -> None:
        nonlocal left
        now = time.monotonic()
        share, left = task.people / max(left, 1.0), left - task.people
        until = now + min(1.0, THREADS * share) * max(0.0, ends - now)
        task.found = crew.work(lambda: Piece(task.block, task.absence, until, seed, task.known))

    with closing(crew), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, tasks))


def side_by_side(
    appointments: Appointments, now: Instance, then: Instance, seconds: float, seed: int = 0
) -> tuple[Plan, Plan]:
    """The plan in force and the plan under a change, both with the pieces that it concerns planned anew."""
    ends, change = time.monotonic() + seconds, Change.between(now, then)
    after = Revision(change, appointments)
    listed = {s.id for s in now.sessions}
    same = Change(now, (after.sessions() & listed) | (change.sessions & listed), change.lines)
    before = Revision(same, appointments)
    kept = FINISHING * (len(now.workers) + len(then.workers))
    perform([*before.tasks, *after.tasks], max(LEAST, ends - time.monotonic() - kept), seed)
    return before.plan(), after.plan()
