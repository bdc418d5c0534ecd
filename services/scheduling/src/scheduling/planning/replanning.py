"""`replan`: repair a published plan after changes; whoever need not move keeps the appointment."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from scheduling.planning import blocks, changing, classes, completing, components, costs, finishing, naming, reasons
from scheduling.planning.absence import Absence
from scheduling.planning.eligibility import Rules
from scheduling.planning.flow import Relaxation
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.model import Appointments, Changes, Instance, Notes, Plan, Progress, Worker
from scheduling.planning.occupancy import Occupancy, Visits
from scheduling.planning.openings import Outcome, Search
from scheduling.planning.pricing import Prices
from scheduling.planning.reasons import Chain
from scheduling.planning.tally import Listener

HELPERS, CHAINED = 1_500, 100  # how many seated people may be asked to make room; fewer ask others in turn
FEW = 500  # people whose program finds its prices sooner than a market would
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """The published plan after the changes: who stays for certain, who may have to move, who has broken.

    Crowded are the people of overfull windows; `squeezed`, of them, those in frozen ones, where as many as fit stay.
    """

    staying: Appointments
    crowded: Appointments
    squeezed: Appointments
    broken: frozenset[str]


def replan(
    instance: Instance,
    published: Appointments,
    changes: Changes,
    time_limit: float = 10.0,
    seed: int = 0,
    progress: Listener | None = None,
) -> Plan:
    """The cheapest repair found in about `time_limit` seconds, with its bound given the appointments that stay."""
    started = time.monotonic()
    effective = changing.effective(instance, changes)
    repair = _Repair(effective, published, changes.now, started + 0.85 * time_limit, seed)
    appointments, bound = published, 0.0
    for appointments, bound in repair.stages():
        if progress:
            progress(repair.progress(appointments, bound, time.monotonic() - started))
    return repair.plan(appointments, bound, time.monotonic() - started)


class _Repair:
    def __init__(self, instance: Instance, published: Appointments, now: int, deadline: float, seed: int) -> None:
        self.instance, self.published, self.now, self.deadline, self.seed = instance, published, now, deadline, seed
        self.first_free = now + instance.params.freeze_days
        self.rules = Rules(instance, self.first_free)
        self.chain, self.today = Chain(self.rules), Rules(instance)
        self.workers = {w.id: w for w in instance.workers}
        self.day = {s.id: s.day for s in instance.sessions}
        self.standing = self._stand()
        self.seating = Rules(instance, self.first_free, frozenset(self.standing.squeezed.values()))

    def stages(self) -> Iterator[tuple[Appointments, float]]:
        """Seat whoever lost a seat; if somebody is still left out, ask the seated to make room: the best so far.

        They are moved only where that serves more people: nobody's day changes merely because it is cheaper.
        """
        staying, crowded = self.standing.staying, self.standing.crowded
        best, bound = self._seat(staying, crowded, quick=True)
        alone, proved = self._penalties(best), bound
        yield self._returned(best), bound
        helpers = self._helpers(self._missing(best), best)
        if helpers:
            wanted = set(helpers.values())
            fixed = {w: at for w, at in best.items() if w not in helpers and (w in staying or at not in wanted)}
            nearby, _ = self._seat(fixed, crowded | helpers, quick=True)
            if self._penalties(nearby) < alone:
                best = min((best, nearby), key=self._total)
            yield self._returned(best), 0.0  # the first bound knew nothing of those who make room
        if time.monotonic() < self.deadline:
            wider, bound = self._seat({w: at for w, at in staying.items() if w not in helpers}, crowded | helpers)
            if helpers and self._penalties(wider) >= alone:
                wider, bound = self._seat(staying, crowded)
                bound = max(bound, proved)  # the same question, which may have been cut short now
            best = min((best, wider), key=self._total)
        yield self._returned(best), bound

    def progress(self, appointments: Appointments, bound: float, seconds: float) -> Progress:
        """Where the repair stands."""
        waiting = Counter(w.priority for w in self.workers.values() if w.id not in appointments)
        cost = self._total(appointments)
        return Progress(seconds, cost, min(int(bound), cost), waiting)

    def plan(self, appointments: Appointments, bound: float, seconds: float) -> Plan:
        """The finished plan with reasons and cost."""
        occupancy = Occupancy(self.rules, Visits.named(self.rules, self.workers, appointments))
        unassigned = reasons.of_all(self.chain, occupancy, self.instance.workers, appointments)
        cost = costs.of_plan(self.rules, self.workers, appointments, unassigned, self._moved(appointments))
        return Plan(appointments, unassigned, cost, min(int(np.ceil(bound - 1e-6)), cost.total), Notes(seconds=seconds))

    def _stand(self) -> Standing:
        known = {who: at for who, at in self.published.items() if who in self.workers}
        rows = Visits.each(self.today, self.workers, known)
        allowed = self.today.allows(rows.line, rows.package, rows.window).tolist()
        seated: dict[Place, list[Worker]] = {}
        staying: Appointments = {}
        broken = set(self.published.keys() - known.keys())
        for (who, at), may_stay in zip(known.items(), allowed, strict=True):
            worker, day = self.workers[who], self.day[at[0]]
            if day < self.now:
                staying[who] = at
            elif may_stay and worker.free_on(day):
                seated.setdefault(at, []).append(worker)
            else:
                broken.add(who)
        crowded: Appointments = {}
        squeezed: Appointments = {}
        for at, people in seated.items():
            if self._fits(at, people):
                staying.update((w.id, at) for w in people)
            else:
                crowded.update((w.id, at) for w in people)
                squeezed.update((w.id, at) for w in people if self.day[at[0]] < self.first_free)
        for who in self._beyond_ceilings(staying | crowded):
            if who in staying and self.day[staying[who][0]] >= self.first_free:
                crowded[who] = staying.pop(who)
        return Standing(staying, crowded, squeezed, frozenset(broken))

    def _beyond_ceilings(self, kept: Appointments) -> list[str]:
        """R5: of lines whose ceiling is lower than it was, those who are away at a moment at which too many are."""
        occupancy = Occupancy(self.today, Visits.named(self.today, self.workers, kept))
        crowds = {line: moments for line in occupancy.away if len(moments := occupancy.moments_beyond(line))}
        found = []
        for who, at in kept.items() if crowds else ():
            worker = self.workers[who]
            if worker.line in crowds:
                begin, end = occupancy.absence(worker.line, worker.package, occupancy.first_window[at[0]] + at[1])
                if ((crowds[worker.line] >= begin) & (crowds[worker.line] < end)).any():
                    found.append(who)
        return found

    def _needs(self, worker: Worker) -> tuple[str, ...]:
        return self.instance.packages[self.rules.package_at[worker.package]].stations

    def _limits(self, at: Place) -> dict[str, int]:
        session = self.instance.sessions[self.rules.session_at[at[0]]]
        return {"": session.total[at[1]]} | {q: places[at[1]] for q, places in session.capacity.items()}

    def _fits(self, at: Place, people: Iterable[Worker]) -> bool:
        load = Counter(q for worker in people for q in ("", *self._needs(worker)))
        limits = self._limits(at)
        return all(n <= limits.get(q, 0) for q, n in load.items())

    def _returned(self, appointments: Appointments) -> Appointments:
        """R8: whoever left an overfull frozen window while a place is free there goes back to it."""
        back = dict(appointments)
        there: dict[Place, list[Worker]] = {at: [] for at in self.standing.squeezed.values()}
        for who, at in appointments.items():
            if at in there:
                there[at].append(self.workers[who])
        for who, at in sorted(self.standing.squeezed.items()):
            if back.get(who) != at and self._fits(at, [*there[at], self.workers[who]]):
                back[who] = at
                there[at].append(self.workers[who])
        return appointments if back == appointments else self._completed(back)

    def _completed(self, appointments: Appointments) -> Appointments:
        """R7: whoever could have a place gets one, even if they are the only ones in its session."""
        occupancy = Occupancy(self.rules, Visits.named(self.rules, self.workers, appointments))
        missing = [w for w in self.workers.values() if w.id not in appointments]
        missing.sort(key=lambda w: -self.instance.weights.unassigned[w.priority])
        flat, complete = self.rules.windows, dict(appointments)
        for who, w in completing.seated(self.chain, occupancy, ((w.id, w, 1) for w in missing)):
            complete[who] = self.instance.sessions[flat.session[w]].id, int(flat.index[w])
        return complete

    def _seat(self, kept: Appointments, held: Appointments, quick: bool = False) -> tuple[Appointments, float]:
        """Seat everybody who is not kept; those who hold a seat may be moved, at the price of a move."""
        appointments = dict(kept)
        fixed = Occupancy(self.seating, Visits.named(self.seating, self.workers, appointments))
        seats = {w: fixed.first_window[s] + i for w, (s, i) in held.items() if w not in kept}
        loose = [(k, w) for k, w in enumerate(self.instance.workers) if w.id not in appointments]
        demand = classes.of(self.seating, loose, seats)
        bound = float(self._total(appointments, base=True))
        parts = components.split(self.seating, demand)
        inside = {c for part in parts for c in part.classes.tolist()}
        for c in range(len(demand.size)):
            if c not in inside:
                bound += int(demand.size[c]) * self.instance.weights.unassigned[int(demand.priority[c])]
        for part in parts:
            block = blocks.build(self.seating, demand, part.classes, part.sessions, fixed)
            if not len(block.window_at):
                bound += float((block.penalty * block.size).sum())
                continue
            absence = Absence(self.seating, block, fixed)
            relaxation = Relaxation(block, absence, sharing=True, seed=self.seed)
            outcome = Outcome()
            if block.size.sum() <= FEW:
                outcome.prices = Prices.nothing(block, absence)
            search = Search(relaxation, self.deadline, outcome)
            outcome = search.dive() if quick else search.run()
            if not quick:
                finishing.finish(relaxation, outcome, self.deadline)
            ledger = outcome.ledger
            if ledger is None:
                ledger = Ledger(block, absence)
                insert_waiting(ledger)
            bound += max(outcome.bound, 0.0)
            at, windows = np.nonzero(ledger.count)
            amounts = ledger.count[at, windows].astype(np.int64)
            appointments |= naming.name(self.seating, demand, block.classes[at], block.window_at[windows], amounts)
        return self._completed(appointments), bound

    def _missing(self, appointments: Appointments) -> list[Worker]:
        """Workers left out although data alone would let them in."""
        out = (w for w in self.instance.workers if w.id not in appointments)
        return [w for w in out if self.chain.windows_for(w)[0] is None]

    def _helpers(self, missing: list[Worker], placed: Appointments) -> Appointments:
        """Seated people whose windows the missing could use, those in the most wanted windows first.

        Where they are few, those whose windows they could use in turn, and so on: room is made along a chain, which may
        lead over somebody who was placed only now.
        """
        helpers: Appointments = {}
        asking, seen = missing, {w.id for w in missing}
        while asking and len(helpers) < CHAINED:
            wanted = self._wanted(asking)
            ring = sorted(
                (-wanted[at], w)
                for w, at in placed.items()
                if at in wanted and w not in seen and self.day[at[0]] >= self.first_free
            )
            asking = [self.workers[w] for _, w in ring]
            seen |= {w.id for w in asking}
            staying = [w.id for w in asking if w.id in self.standing.staying]
            helpers |= {w: placed[w] for w in staying[: HELPERS - len(helpers)]}
        return helpers

    def _wanted(self, asking: list[Worker]) -> Counter[Place]:
        """How many of these people could use each place."""
        flat, wanted = self.rules.windows, Counter[Place]()
        for worker in asking:
            for w in self.chain.windows_for(worker)[1].tolist():
                wanted[self.instance.sessions[flat.session[w]].id, int(flat.index[w])] += 1
        return wanted

    def _moved(self, appointments: Appointments) -> int:
        return sum(appointments.get(w) != at for w, at in self.published.items() if w not in self.standing.broken)

    def _penalties(self, appointments: Appointments) -> int:
        """What leaving out those without a seat costs."""
        weights = self.instance.weights.unassigned
        return sum(weights[w.priority] for w in self.workers.values() if w.id not in appointments)

    def _total(self, appointments: Appointments, base: bool = False) -> int:
        """The objective of a state; `base`: only of these appointments, nobody counted as left out or moved."""
        missing = [] if base else [w for w in self.workers if w not in appointments]
        moved = 0 if base else self._moved(appointments)
        return costs.of_plan(self.rules, self.workers, appointments, missing, moved).total
