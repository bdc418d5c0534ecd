"""The referee of a re-plan: the rules on the effective instance, R8, and what moved."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from scheduling.planning import changing
from scheduling.planning.checking import Check, Excess, Report
from scheduling.planning.model import Appointments, Changes, Instance, Plan
from scheduling.planning.submission import Place, Submission


def check(
    instance: Instance,
    plan: Plan | Submission,
    changes: Changes | None = None,
    published: Appointments | None = None,
) -> Report:
    """Hold a plan against every rule; `changes` and `published` turn it into the check of a re-plan."""
    handed_in = Submission.of(plan) if isinstance(plan, Plan) else plan
    if changes is None:
        return Check(instance, handed_in).report()
    return Recheck(changing.effective(instance, changes), handed_in, changes, published or {}).report()


def held_excesses(instance: Instance, changes: Changes, published: Appointments) -> list[Excess]:
    """Where appointments that every re-plan must keep are too many by themselves."""
    return Recheck(changing.effective(instance, changes), Submission((), ()), changes, published).held_excesses()


class Recheck(Check):
    """The check of a re-plan on the effective instance."""

    def __init__(
        self, instance: Instance, handed_in: Submission, changes: Changes, published: Mapping[str, Place]
    ) -> None:
        self.now, self.published = changes.now, published
        super().__init__(instance, handed_in, changes.now + instance.params.freeze_days)
        self.held = {w: at for w, at in published.items() if self.sessions[at[0]].day < self.now}
        self.broken = {w for w, at in published.items() if self._broken(w, at)}
        self.overfull = self._overfull()

    def report(self) -> Report:
        """The findings, with the cost of moves."""
        moved = {w for w, at in self.published.items() if w not in self.broken and self.seated.get(w) != at}
        for worker in moved:
            self._may_move(self.published[worker], worker)
        for worker, at in self.seated.items():
            if self.published.get(worker) != at and self.sessions[at[0]].day < self.first_free:
                self.faults["R8"].append(f"{worker}: new appointment inside the frozen days")
        plain, held = super().report(), set(self.held_excesses())
        return replace(
            plain,
            cost=replace(plain.cost, moves=self.instance.weights.move * len(moved)),
            broken=sum(w in self.workers for w in self.broken),
            overfull_excess=sum(self.overfull.values()),
            moved=len(moved),
            held=tuple(found for found in self.excesses() if found in held) if held else (),
        )

    def held_excesses(self) -> list[Excess]:
        """Where appointments of past days and of frozen windows that are not overfull are too many by themselves."""
        rows = [
            (who, *at)
            for who, at in self.published.items()
            if who not in self.broken
            and self.sessions[at[0]].day < (self.now if at in self.overfull else self.first_free)
        ]
        return list(Check(self.instance, Submission(rows, ())).excesses())

    def _broken(self, who: str, at: Place) -> bool:
        worker = self.workers.get(who)
        if worker is None:
            return True
        day, line = self.sessions[at[0]].day, self.lines[worker.line]
        may_stay = self.allowed(line.site, line.calendar, worker.package, at) and worker.free_on(day)
        return day >= self.now and not may_stay

    def _overfull(self) -> dict[Place, int]:
        arrivals: Counter[Place] = Counter()
        stations: Counter[tuple[Place, str]] = Counter()
        for worker, at in self.published.items():
            if worker not in self.broken and self.sessions[at[0]].day >= self.now:
                arrivals[at] += 1
                stations.update((at, q) for q in self.packages[self.workers[worker].package].stations)
        excess = {at: n - self.sessions[at[0]].total[at[1]] for at, n in arrivals.items()}
        for (at, station), n in stations.items():
            excess[at] = max(excess[at], n - self._places(at, station))
        return {at: n for at, n in excess.items() if n > 0}

    def _may_move(self, at: Place, worker: str) -> None:
        """R8 for one unbroken appointment that was changed."""
        day = self.sessions[at[0]].day
        if day < self.now:
            self.faults["R8"].append(f"{worker}: held appointment changed")
        elif day < self.first_free and (at not in self.overfull or not self._full(self.workers[worker].package, at)):
            self.faults["R8"].append(f"{worker}: frozen appointment moved")
