"""A plan run's problem as a kd-plan/1 folder, and its outcome: what service and planning process pass each other.

The format is the planning benchmark's, so any run can be checked by any checker of it.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from scheduling.model import Crew, Need, Person, Seat, Session
from scheduling.terms import Terms, is_holiday

# The instance begins before today, because rest is counted from the last shift.
DAYS_BEFORE = 2
FILES = ("instance.json", "workers.csv", "published.csv", "changes.json")
Placement = tuple[UUID, UUID | None, int | None, str | None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a plan is made from: `people` need a place or hold one, `published` says who holds which."""

    campaign_id: UUID
    today: date
    terms: Terms
    sessions: Sequence[Session]
    people: Sequence[Person]
    published: dict[UUID, Seat]


@dataclass(frozen=True, slots=True)
class Result:
    """A computed plan: (check, session, window, None) or (check, None, None, reason) for everybody to be placed."""

    on_day: date
    inputs_digest: str
    placements: list[Placement]
    placed: int
    sessions_used: int
    cost: int
    bound: int


def write(folder: Path, inputs: Inputs) -> str:
    """Write the problem; returns the digest of its files."""
    start = inputs.today - timedelta(days=DAYS_BEFORE)
    packages = _names({person.need for person in inputs.people})
    crews = {person.crew.crew_id: person.crew for person in inputs.people}
    instance = _instance(inputs, start, packages, sorted(crews.values(), key=lambda crew: crew.crew_id))
    _write_json(folder / "instance.json", instance)
    _write_csv(
        folder / "workers.csv",
        ["worker", "line", "sex", "package", "priority", "earliest", "due", "deadline", "unavailable"],
        (_worker(person, inputs.today, start, packages) for person in inputs.people),
    )
    published = sorted((str(key), str(seat.session_id), seat.window) for key, seat in inputs.published.items())
    _write_csv(folder / "published.csv", ["worker", "session", "window"], published)
    changes: dict[str, Any] = {"now": DAYS_BEFORE}
    lists = ("sessions_cancelled", "workers_left", "workers_unavailable", "capacity_changes")
    _write_json(folder / "changes.json", {**changes, **{name: [] for name in lists}})
    return sha256(b"".join((folder / name).read_bytes() for name in FILES)).hexdigest()


def read(folder: Path, inputs: Inputs, digest: str) -> Result:
    """Read the outcome that the planning process left; appointments that stay where they are are no part of it."""
    summary = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    placements: list[Placement] = []
    for worker, session, window in _read_csv(folder / "appointments.csv"):
        seat = Seat(UUID(session), int(window))
        if inputs.published.get(UUID(worker)) != seat:
            placements.append((UUID(worker), seat.session_id, seat.window, None))
    for worker, reason in _read_csv(folder / "unassigned.csv"):
        if UUID(worker) not in inputs.published:
            placements.append((UUID(worker), None, None, reason))
    used = Counter(session for _, session, _, _ in placements if session)
    return Result(
        inputs.today, digest, placements, used.total(), len(used), int(summary["cost"]), int(summary["bound"])
    )


def read_cases(folder: Path) -> dict[str, Any]:
    """The cases that the planning process left: why the plan is as it is, as data."""
    cases: dict[str, Any] = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    return cases


def _instance(inputs: Inputs, start: date, packages: dict[Need, str], crews: Sequence[Crew]) -> dict[str, Any]:
    days = max((session.day - start).days for session in inputs.sessions) + 1 if inputs.sessions else DAYS_BEFORE + 1
    sites = _names_of_places(crews)
    calendars: dict[tuple[Any, ...], str] = {}
    lines = [
        {
            "id": str(crew.crew_id),
            "site": sites[_place(crew)],
            "calendar": calendars.setdefault(_calendar(crew, start, days), f"C{len(calendars) + 1:04}"),
            # The ceiling of kd-plan/1 is a share of the headcount; this one gives back the ceiling that is ours.
            "headcount": crew.ceiling,
            "max_absent_pct": 100,
        }
        for crew in crews
    ]
    terms = asdict(inputs.terms)
    names = ("max_travel_minutes", "fasting_before", "quiet_rest_minutes", "end_of_shift_minutes", "freeze_days")
    return {
        "format": "kd-plan/1",
        "name": str(inputs.campaign_id),
        "start_date": start.isoformat(),
        "days": days,
        "holidays": [day for day in range(days) if is_holiday(start + timedelta(days=day))],
        "params": {name: terms[name] for name in names},
        "weights": terms["weights"],
        "stations": sorted({station for need in packages for station in need.stations}),
        "packages": [_package(need, name) for need, name in sorted(packages.items(), key=lambda item: item[1])],
        "calendars": {name: list(calendar) for calendar, name in calendars.items()},
        "sites": sorted({*sites.values(), *(session.site for session in inputs.sessions)}),
        "travel": {name: dict(reaches) for (_, reaches), name in sites.items()},
        "lines": lines,
        "sessions": [_session(session, start) for session in inputs.sessions],
    }


def _names(needs: Iterable[Need]) -> dict[Need, str]:
    """A name for every need: its package's, numbered where a package's contents changed in time."""
    names: dict[Need, str] = {}
    seen: Counter[str] = Counter()
    for need in sorted(needs, key=lambda n: (n.package, n.stations, n.timing, n.bnn, n.cycle_minutes)):
        seen[need.package] += 1
        names[need] = need.package if seen[need.package] == 1 else f"{need.package}#{seen[need.package]}"
    return names


def _place(crew: Crew) -> tuple[str, tuple[tuple[str, int], ...]]:
    return crew.site, tuple(sorted(crew.reaches.items()))


def _names_of_places(crews: Sequence[Crew]) -> dict[tuple[str, tuple[tuple[str, int], ...]], str]:
    """A name for every place of work: its site's, numbered where lines of one site reach other sites."""
    names: dict[tuple[str, tuple[tuple[str, int], ...]], str] = {}
    seen: Counter[str] = Counter()
    for place in sorted({_place(crew) for crew in crews}):
        seen[place[0]] += 1
        names[place] = f"from {place[0]} #{seen[place[0]]}"
    return names


def _calendar(crew: Crew, start: date, days: int) -> tuple[Any, ...]:
    return tuple(crew.shifts.on(start.toordinal() + day) for day in range(days))


def _package(need: Need, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "stations": list(need.stations),
        "timing": list(need.timing),
        "bnn": need.bnn,
        "cycle_minutes": need.cycle_minutes,
    }


def _session(session: Session, start: date) -> dict[str, Any]:
    stations = sorted({station for window in session.windows for station in window.capacity})
    return {
        "id": str(session.session_id),
        "clinic": session.clinic_id,
        "site": session.site,
        "day": (session.day - start).days,
        "bnn": session.bnn,
        "permit": session.status == "confirmed",
        "open_cost": session.open_cost,
        "windows": [window.start for window in session.windows],
        "total": [window.total for window in session.windows],
        "capacity": {q: [window.capacity.get(q, 0) for window in session.windows] for q in stations},
    }


def _worker(person: Person, today: date, start: date, packages: dict[Need, str]) -> list[object]:
    in_time = person.deadline is not None and person.deadline >= today
    deadline = (person.deadline - start).days if person.deadline and in_time else ""
    away = [((first - start).days, (last - start).days) for first, last in sorted(person.away) if last >= start]
    ranges = ";".join(f"{max(0, first)}-{last}" for first, last in away)
    return [person.health_check_id, person.crew.crew_id, "", packages[person.need], person.priority, 0,
            (person.due_on - start).days, deadline, ranges]  # fmt: skip


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.reader(source))[1:]
