"""The referee of a re-plan: the rules on the effective instance, R8, and what moved."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from scheduling.planning import changing
from scheduling.planning.checking import Check, Report
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


class Recheck(Check):
    """The check of a re-plan on the effective instance."""

    def __init__(
        self, instance: Instance, handed_in: Submission, changes: Changes, published: Mapping[str, Place]
    ) -> None:
        self.now, self.published = changes.now, published
        super().__init__(instance, handed_in, changes.now + instance.params.freeze_days)
        self.held = {w: at for w, at in published.items() if self.sessions[at[0]].day < self.now}

    def report(self) -> Report:
        """The findings, with the cost of moves."""
        broken = {w for w, at in self.published.items() if self._broken(w, at)}
        excess = self._overfull(broken)
        moved = {w for w, at in self.published.items() if w not in broken and self.seated.get(w) != at}
        for worker in moved:
            self._may_move(self.published[worker], worker, excess)
        for worker, at in self.seated.items():
            if self.published.get(worker) != at and self.sessions[at[0]].day < self.first_free:
                self.faults["R8"].append(f"{worker}: new appointment inside the frozen days")
        plain = super().report()
        return replace(
            plain,
            cost=replace(plain.cost, moves=self.instance.weights.move * len(moved)),
            broken=sum(w in self.workers for w in broken),
            overfull_excess=sum(excess.values()),
            moved=len(moved),
        )

    def _broken(self, who: str, at: Place) -> bool:
        worker = self.workers.get(who)
        if worker is None:
            return True
        day, line = self.sessions[at[0]].day, self.lines[worker.line]
        may_stay = self.allowed(line.site, line.calendar, worker.package, at) and worker.free_on(day)
        return day >= self.now and not may_stay

    def _overfull(self, broken: set[str]) -> dict[Place, int]:
        arrivals: Counter[Place] = Counter()
        stations: Counter[tuple[Place, str]] = Counter()
        for worker, at in self.published.items():
            if worker not in broken and self.sessions[at[0]].day >= self.now:
                arrivals[at] += 1
                stations.update((at, q) for q in self.packages[self.workers[worker].package].stations)
        excess = {at: n - self.sessions[at[0]].total[at[1]] for at, n in arrivals.items()}
        for (at, station), n in stations.items():
            excess[at] = max(excess[at], n - self._places(at, station))
        return {at: n for at, n in excess.items() if n > 0}

    def _may_move(self, at: Place, worker: str, excess: Mapping[Place, int]) -> None:
        """R8 for one unbroken appointment that was changed."""
        day = self.sessions[at[0]].day
        if day < self.now:
            self.faults["R8"].append(f"{worker}: held appointment changed")
        elif day < self.first_free and (at not in excess or not self._full(self.workers[worker].package, at)):
            self.faults["R8"].append(f"{worker}: frozen appointment moved")
