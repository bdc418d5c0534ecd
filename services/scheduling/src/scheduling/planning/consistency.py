"""What an instance or a re-plan refers to must exist: the first thing that does not is said in words."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import astuple
from operator import attrgetter

from scheduling.planning.model import (
    END_OF_SHIFT,
    FASTING,
    QUIET_REST,
    Appointments,
    CapacityChange,
    Changes,
    Instance,
    Line,
    Package,
    Session,
    Worker,
)

TIMINGS = (FASTING, QUIET_REST, END_OF_SHIFT)
WIDEST = 10**12  # costs; far beyond any, and sums of them still fit


class UnreadableError(ValueError):
    """The folder does not hold what the format promises."""


def check_instance(instance: Instance) -> None:
    """Raise UnreadableError unless every id leads somewhere and every count is a whole number of the right length."""
    _distinct("package", [p.id for p in instance.packages])
    _distinct("line", [line.id for line in instance.lines])
    _distinct("session", [s.id for s in instance.sessions])
    _distinct("worker", [w.id for w in instance.workers])
    _whole("days", [instance.days, *instance.holidays])
    _whole("params", astuple(instance.params))
    weights = instance.weights
    _whole("weights", [weights.travel_minute, weights.shift_minute, weights.rest_day_visit, weights.move])
    _whole("weights", [*weights.unassigned.values(), *weights.late_day.values()])
    for calendar, days in instance.calendars.items():
        if len(days) < instance.days:
            raise UnreadableError(f"calendar {calendar} has {len(days)} entries for {instance.days} days")
        _whole(f"calendar {calendar}", [minute for shift in days if shift for minute in shift])
    for site, minutes in instance.travel.items():
        _whole(f"travel from {site}", minutes.values())
    for package in instance.packages:
        _package(package)
    for line in instance.lines:
        _line(line, instance)
    for session in instance.sessions:
        _session(session, instance.days)
    _workers(instance, instance.workers)


def check_changes(instance: Instance, changes: Changes, published: Appointments) -> None:
    """Raise UnreadableError unless the changes and the published plan speak of what the instance has."""
    _whole("now", [changes.now])
    _workers(instance, changes.workers_joined)
    sessions = {s.id: s for s in instance.sessions}
    left = set(changes.workers_left)
    workers = [*(w.id for w in instance.workers if w.id not in left), *(w.id for w in changes.workers_joined)]
    _distinct("worker", workers)
    _known("worker", (w for w, _ in changes.workers_unavailable), set(workers))
    _known("session", changes.sessions_cancelled, sessions)
    _windows(sessions, set(published.values()))
    _cuts(sessions, changes.capacity_changes)


def check_what_if(
    instance: Instance,
    cuts: Sequence[CapacityChange],
    ceilings: Mapping[str, int],
    added: Sequence[Session],
    withdrawn: Sequence[str],
) -> None:
    """Raise UnreadableError unless a question speaks of what the instance has, and adds what it has not."""
    sessions = {s.id: s for s in instance.sessions}
    _cuts(sessions, cuts)
    _known("line", ceilings, {line.id for line in instance.lines})
    _known("session", withdrawn, sessions)
    _distinct("session", [*sessions, *(s.id for s in added)])


def _cuts(sessions: Mapping[str, Session], cuts: Sequence[CapacityChange]) -> None:
    _windows(sessions, {(cut.session, cut.window) for cut in cuts})
    for cut in cuts:
        _known("station", cut.capacity, sessions[cut.session].capacity)
        _whole(f"capacity change of {cut.session}", [cut.total or 0, *cut.capacity.values()])


def _windows(sessions: Mapping[str, Session], named: Iterable[tuple[str, int]]) -> None:
    for session, window in named:
        _known("session", [session], sessions)
        if not 0 <= window < len(sessions[session].windows):
            raise UnreadableError(f"session {session} has no window {window}")


def _package(package: Package) -> None:
    _whole(f"package {package.id}", [package.cycle_minutes])
    _distinct(f"station of package {package.id}", package.stations)
    _known("timing", package.timing, TIMINGS)


def _line(line: Line, instance: Instance) -> None:
    _text(f"site of line {line.id}", [line.site])
    if line.calendar not in instance.calendars:
        raise UnreadableError(f"line {line.id}: unknown calendar {line.calendar}")
    _whole(f"line {line.id}", [line.headcount, line.max_absent_pct])


def _session(session: Session, days: int) -> None:
    what = f"session {session.id}"
    _text(f"site of {what}", [session.site])
    _whole(what, [session.day, session.open_cost, *session.windows, *session.total])
    if not 0 <= session.day < days:
        raise UnreadableError(f"{what}: day {session.day} is outside the {days} days")
    for name, row in (("total", session.total), *session.capacity.items()):
        if len(row) != len(session.windows):
            raise UnreadableError(f"{what}: {len(row)} numbers of {name} for {len(session.windows)} windows")
        _whole(f"{what}, {name}", row)


def _workers(instance: Instance, workers: Sequence[Worker]) -> None:
    _known("line", {w.line for w in workers}, {line.id for line in instance.lines})
    _known("package", {w.package for w in workers}, {p.id for p in instance.packages})
    for day in (attrgetter("earliest"), attrgetter("due")):
        days = [day(w) for w in workers]
        _whole("days of workers", [min(days, default=0), max(days, default=0)])
    _whole("deadlines of workers", {w.deadline or 0 for w in workers})
    priorities = {w.priority for w in workers}
    for costs in (instance.weights.unassigned, instance.weights.late_day):
        _known("priority", priorities, costs.keys())


def _distinct(what: str, names: Sequence[str]) -> None:
    _text(what, names)
    if len(set(names)) != len(names):
        raise UnreadableError(f"{what} {Counter(names).most_common(1)[0][0]} occurs twice")


def _text(what: str, names: Iterable[object]) -> None:
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise UnreadableError(f"{what}: {wrong[0]!r} is no text")


def _known(what: str, named: Iterable[object], known: Container[object]) -> None:
    unknown = next((name for name in named if name not in known), None)
    if unknown is not None:
        raise UnreadableError(f"unknown {what} {unknown}")


def _whole(what: str, numbers: Iterable[object]) -> None:
    for number in numbers:
        if type(number) is not int or abs(number) > WIDEST:
            raise UnreadableError(f"{what}: {number!r} is not a whole number below 10^12")
