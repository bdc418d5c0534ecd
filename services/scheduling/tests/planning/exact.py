"""The cheapest plan of a tiny instance by one integer program over named workers, written apart from the engine."""

from collections import Counter

import highspy
import numpy as np

from scheduling.planning import Changes, Instance, Plan, Worker, changing, check
from scheduling.planning.eligibility import Flags
from scheduling.planning.model import DAY, Appointments, CostParts

HALF = 0.5


def cheapest_total(instance: Instance) -> int:
    """The optimal total; windows are allowed by trying each alone on the referee's own terms."""
    program = _Program(instance)
    for w in instance.workers:
        program.leave_out(w)
        for s in instance.sessions:
            for i in range(len(s.windows)):
                program.offer(w, (s.id, i))
    return program.solved()[0]


def cheapest_repair(
    instance: Instance, published: Appointments, changes: Changes, nobody_helps: bool = False
) -> tuple[int, int]:
    """The optimal total, and the penalties in it, of a re-plan that closes no session in which somebody could stay.

    No window of a frozen day may be overfull: who has to leave it is not worked out here. `nobody_helps`: only those
    move who lost their place, or have it in a window that is overfull.
    """
    effective = changing.effective(instance, changes)
    day, first = {s.id: s.day for s in effective.sessions}, changes.now + effective.params.freeze_days
    program = _Program(effective)
    crowded = program.overfull(published)
    for w in effective.workers:
        at = published.get(w.id)
        held = at is not None and day[at[0]] < changes.now
        unbroken = at is not None and (held or program.visit_cost(w, at) is not None)
        move = effective.weights.move if unbroken else 0
        if at is not None and unbroken:
            program.offer(w, at, held=held)
            program.kept_open.add(at[0])
            if day[at[0]] < first or (nobody_helps and at not in crowded):
                continue
        program.leave_out(w, move)
        for s in effective.sessions:
            for i in range(len(s.windows)):
                if s.day >= first and (s.id, i) != (at if unbroken else None):
                    program.offer(w, (s.id, i), move)
    return program.solved()


def made_room(instance: Instance, published: Appointments, changes: Changes, plan: Plan) -> list[str]:
    """Who was moved although nothing forbids their place and their window is not overfull."""
    program = _Program(changing.effective(instance, changes))
    crowded = program.overfull(published)
    return [
        w.id
        for w in program.instance.workers
        if (at := published.get(w.id)) and plan.appointments.get(w.id) != at and at not in crowded
        if program.visit_cost(w, at) is not None
    ]


class _Program:
    """One column per person and way to go, and per session; rows by name."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.sessions = {s.id: s for s in instance.sessions}
        self.lines = {line.id: line for line in instance.lines}
        self.packages = {p.id: p for p in instance.packages}
        self.columns: list[tuple[float, list[tuple[str, float]]]] = []
        self.limits: dict[str, float] = {}
        self.kept_open: set[str] = set()
        self.penalties: dict[int, int] = {}  # by column

    def leave_out(self, worker: Worker, more: int = 0) -> None:
        """The worker may have no appointment."""
        penalty = self.instance.weights.unassigned[worker.priority]
        self.penalties[len(self.columns)] = penalty
        self.columns.append((float(penalty + more), [(f"worker {worker.id}", 1.0)]))

    def visit_cost(self, worker: Worker, at: tuple[str, int], held: bool = False) -> int | None:
        """What a visit costs without its opening, None where R2 or R3 forbid it, on the checker's own terms."""
        report = check(self.instance, Plan({worker.id: at}, {}, CostParts(), 0))
        if not held and {"R2", "R3"} & report.violations.keys():
            return None
        return report.cost.total - self.sessions[at[0]].open_cost

    def offer(self, worker: Worker, at: tuple[str, int], more: int = 0, held: bool = False) -> None:
        """The worker may have this window, if rules on one person allow it; or has had it."""
        cost = self.visit_cost(worker, at, held)
        if cost is None:
            return
        line, package, session = self.lines[worker.line], self.packages[worker.package], self.sessions[at[0]]
        place = f"{at[0]}/{at[1]}"
        entries = [(f"worker {worker.id}", 1.0), (place, 1.0), *((f"{place}/{q}", 1.0) for q in package.stations)]
        begin, travel = session.day * DAY + session.windows[at[1]], self.instance.travel[line.site][session.site]
        for instant in range(begin - travel, begin + package.cycle_minutes + travel, 5):
            shifts = enumerate(self.instance.calendars[line.calendar])
            if any(d * DAY + shift[0] <= instant < d * DAY + shift[1] for d, shift in shifts if shift):
                entries.append((f"line {line.id} {instant}", 1.0))
                self.limits[f"line {line.id} {instant}"] = float(line.ceiling)
        self.columns.append((float(cost + more), entries))

    def overfull(self, published: Appointments) -> set[tuple[str, int]]:
        """The windows with more unbroken appointments than places."""
        load: Counter[tuple[tuple[str, int], str]] = Counter()
        for w in self.instance.workers:
            at = published.get(w.id)
            if at is not None and self.visit_cost(w, at) is not None:
                load.update((at, q) for q in ("", *self.packages[w.package].stations))
        return {
            at
            for (at, q), n in load.items()
            if n > (self.sessions[at[0]].capacity[q] if q else self.sessions[at[0]].total)[at[1]]
        }

    def solved(self) -> tuple[int, int]:
        """The optimal total, and the penalties in it."""
        for s in self.instance.sessions:
            entries = []
            for i, total in enumerate(s.total):
                entries += [(f"{s.id}/{i}", -float(total))]
                entries += [(f"{s.id}/{i}/{q}", -float(places[i])) for q, places in s.capacity.items()]
            self.columns.append((float(s.open_cost), [*entries, (f"open {s.id}", 1.0)]))
            self.limits[f"open {s.id}"] = 1.0
        total, taken = _solve(self.columns, self.limits, {f"open {s}" for s in self.kept_open})
        return total, sum(penalty for k, penalty in self.penalties.items() if taken[k])


def _solve(
    columns: list[tuple[float, list[tuple[str, float]]]], limits: dict[str, float], full: set[str]
) -> tuple[int, Flags]:
    """The optimum and the columns taken; rows of workers are equations, those in `full` too, all others limits."""
    names = sorted({name for _, entries in columns for name, _ in entries})
    row = {name: k for k, name in enumerate(names)}
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(columns), len(names)
    lp.col_cost_ = np.array([cost for cost, _ in columns])
    lp.col_lower_, lp.col_upper_ = np.zeros(len(columns)), np.ones(len(columns))
    equal = np.array([name.startswith("worker") or name in full for name in names])
    lp.row_lower_ = np.where(equal, 1.0, -highspy.kHighsInf)
    lp.row_upper_ = np.where(equal, 1.0, np.array([limits.get(name, 0.0) for name in names]))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(entries) for _, entries in columns)]).astype(np.int32)
    lp.a_matrix_.index_ = np.array([row[name] for _, entries in columns for name, _ in entries], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([value for _, entries in columns for _, value in entries])
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # as in the engine: HiGHS keeps its first number of threads for a whole process
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(lp)
    solver.run()
    taken: Flags = np.array(solver.getSolution().col_value) > HALF
    return round(solver.getInfo().objective_function_value), taken
