"""The last look at a plan: pieces are planned apart, so a place that one left free may fit people of another."""

from scheduling.planning.eligibility import Rules
from scheduling.planning.model import Worker
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.reasons import Chain


def seat_whoever_fits(rules: Rules, workers: dict[str, Worker], appointments: dict[str, tuple[str, int]]) -> int:
    """Give everybody without appointment a window that breaks no rule, the highest priority first; returns how many."""
    chain, occupancy = Chain(rules), Occupancy(rules, workers, appointments)
    hopeless: set[tuple[object, ...]] = set()
    seated = 0
    waiting = (worker for worker in workers.values() if worker.id not in appointments)
    for worker in sorted(waiting, key=lambda worker: (-worker.priority, worker.id)):
        kind = (worker.line, worker.package, worker.earliest, worker.deadline, worker.unavailable)
        window = None if kind in hopeless else chain.open_window(worker, occupancy)
        if window is None:
            hopeless.add(kind)
            continue
        session = int(rules.windows.session[window])
        first = occupancy.first_window[rules.instance.sessions[session].id]
        appointments[worker.id] = (rules.instance.sessions[session].id, window - first)
        occupancy.add(worker.line, worker.package, window)
        occupancy.used.add(session)
        seated += 1
    return seated
