"""Instances after changes: what happened to a published one, in the order of the format; what a question supposes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from scheduling.planning.model import CapacityChange, Changes, DayRanges, Instance, Line, Session


def effective(instance: Instance, changes: Changes) -> Instance:
    """The instance that a re-plan must satisfy."""
    left = set(changes.workers_left)
    workers = {w.id: w for w in instance.workers if w.id not in left}
    workers.update({w.id: w for w in changes.workers_joined})
    leave: dict[str, DayRanges] = {}
    for worker, days in changes.workers_unavailable:
        leave[worker] = leave.get(worker, ()) + days
    for worker, days in leave.items():
        workers[worker] = replace(workers[worker], unavailable=workers[worker].unavailable + days)
    return replace(instance, workers=tuple(workers.values()), sessions=_sessions(instance, changes))


def _sessions(instance: Instance, changes: Changes) -> tuple[Session, ...]:
    sessions = {s.id: s for s in instance.sessions}
    for cancelled in changes.sessions_cancelled:
        sessions[cancelled] = replace(sessions[cancelled], permit=False)
    for change in changes.capacity_changes:
        sessions[change.session] = changed(sessions[change.session], change)
    return tuple(sessions.values())


def changed(session: Session, change: CapacityChange) -> Session:
    """The session with the new values of one window."""
    total = list(session.total)
    if change.total is not None:
        total[change.window] = change.total
    capacity = dict(session.capacity)
    for station, places in change.capacity.items():
        row = list(capacity[station])
        row[change.window] = places
        capacity[station] = tuple(row)
    return replace(session, total=tuple(total), capacity=capacity)


def what_if(
    instance: Instance,
    changes: Iterable[CapacityChange] = (),
    ceilings: Mapping[str, int] | None = None,
    added: Iterable[Session] = (),
    withdrawn: Iterable[str] = (),
) -> Instance:
    """The instance with other capacities, absence ceilings (line → per cent) or sessions, to be planned like any."""
    gone = set(withdrawn)
    sessions = {s.id: s for s in (*instance.sessions, *added) if s.id not in gone}
    for change in changes:
        sessions[change.session] = changed(sessions[change.session], change)
    lines = tuple(_with_ceiling(line, (ceilings or {}).get(line.id)) for line in instance.lines)
    return replace(instance, sessions=tuple(sessions.values()), lines=lines)


def _with_ceiling(line: Line, per_cent: int | None) -> Line:
    return line if per_cent is None else replace(line, max_absent_pct=per_cent)
