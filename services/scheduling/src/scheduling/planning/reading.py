"""kd-plan/1 folders: instance.json and workers.csv in, appointments.csv and unassigned.csv out."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from scheduling.planning.explaining import what_if
from scheduling.planning.model import (
    Appointments,
    CapacityChange,
    Changes,
    DayRanges,
    Instance,
    Line,
    Package,
    Params,
    Plan,
    Session,
    Weights,
    Worker,
)

WORKER_COLUMNS = ["worker", "line", "sex", "package", "priority", "earliest", "due", "deadline", "unavailable"]
APPOINTMENT_COLUMNS = ["worker", "session", "window"]
UNASSIGNED_COLUMNS = ["worker", "reason"]


class UnreadableError(ValueError):
    """The folder does not hold what the format promises."""


def read_instance(folder: str | Path) -> Instance:
    """The instance of a folder; files may be gzipped (`workers.csv.gz`). Raises UnreadableError."""
    raw = _read_json(Path(folder), "instance.json")
    if raw.get("format") != "kd-plan/1":
        raise UnreadableError("unknown format")
    with _opened(Path(folder), "workers.csv") as lines:
        workers = tuple(_workers(lines))
    if len({w.id for w in workers}) != len(workers):
        raise UnreadableError("duplicate worker")
    return parse_instance(raw, workers)


def parse_instance(raw: Mapping[str, Any], workers: Iterable[Worker]) -> Instance:
    """The instance of a parsed instance.json and its workers."""
    weights = dict(raw["weights"])
    for part in ("unassigned", "late_day"):
        weights[part] = {int(priority): int(cost) for priority, cost in weights[part].items()}
    return Instance(
        days=raw["days"],
        packages=tuple(_package(p) for p in raw["packages"]),
        calendars={c: tuple(None if d is None else (d[0], d[1]) for d in days) for c, days in raw["calendars"].items()},
        travel=raw["travel"],
        lines=tuple(Line(**entry) for entry in raw["lines"]),
        sessions=tuple(_session(s) for s in raw["sessions"]),
        workers=tuple(workers),
        holidays=frozenset(raw["holidays"]),
        params=Params(**raw["params"]),
        weights=Weights(**weights),
        name=raw.get("name", ""),
        start_date=raw.get("start_date", ""),
    )


def read_changes(folder: str | Path) -> Changes:
    """The changes of a re-plan folder, with the workers who joined."""
    raw = _read_json(Path(folder), "changes.json")
    joined: tuple[Worker, ...] = ()
    if _found(Path(folder), "workers_joined.csv"):
        with _opened(Path(folder), "workers_joined.csv") as lines:
            joined = tuple(_workers(lines))
    return Changes(
        now=raw["now"],
        sessions_cancelled=tuple(raw["sessions_cancelled"]),
        workers_left=tuple(raw["workers_left"]),
        workers_joined=joined,
        workers_unavailable=tuple((e["worker"], parse_days(e["days"])) for e in raw["workers_unavailable"]),
        capacity_changes=tuple(
            CapacityChange(e["session"], e["window"], e.get("total"), e.get("capacity", {}))
            for e in raw["capacity_changes"]
        ),
    )


def read_what_if(instance: Instance, path: Path) -> Instance:
    """The instance with what a JSON file changes: `capacity_changes`, `ceilings` (line → %), `added`, `withdrawn`.

    All are optional; capacity changes as in changes.json, added sessions as in instance.json, withdrawn ones by id.
    """
    raw = json.loads(path.read_text(encoding="utf-8"))
    capacity = [
        CapacityChange(e["session"], e["window"], e.get("total"), e.get("capacity", {}))
        for e in raw.get("capacity_changes", ())
    ]
    return what_if(
        instance, capacity, raw.get("ceilings"), [_session(s) for s in raw.get("added", ())], raw.get("withdrawn", ())
    )


def read_appointments(folder: str | Path, name: str = "published.csv") -> Appointments:
    """Worker → (session, window) of published.csv or appointments.csv."""
    with _opened(Path(folder), name) as lines:
        return {w: (s, int(i)) for w, s, i in _rows(lines, APPOINTMENT_COLUMNS)}


def read_unassigned(folder: str | Path) -> dict[str, str]:
    """Worker → reason of unassigned.csv."""
    with _opened(Path(folder), "unassigned.csv") as lines:
        return {row[0]: row[1] for row in _rows(lines, UNASSIGNED_COLUMNS)}


def write_solution(plan: Plan, folder: str | Path) -> None:
    """Write appointments.csv and unassigned.csv; the folder is made."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    appointments = ((w, s, i) for w, (s, i) in sorted(plan.appointments.items()))
    _write(target / "appointments.csv", APPOINTMENT_COLUMNS, appointments)
    _write(target / "unassigned.csv", UNASSIGNED_COLUMNS, sorted(plan.unassigned.items()))


def parse_days(text: str) -> DayRanges:
    """`12-14;30` → ((12, 14), (30, 30))."""
    ranges = []
    for part in text.split(";") if text else ():
        first, _, last = part.partition("-")
        ranges.append((int(first), int(last or first)))
    return tuple(ranges)


def _package(raw: Mapping[str, Any]) -> Package:
    return Package(raw["id"], tuple(raw["stations"]), tuple(raw["timing"]), raw["bnn"], raw["cycle_minutes"])


def _session(raw: Mapping[str, Any]) -> Session:
    return Session(
        id=raw["id"],
        site=raw["site"],
        day=raw["day"],
        windows=tuple(raw["windows"]),
        total=tuple(raw["total"]),
        capacity={q: tuple(v) for q, v in raw["capacity"].items()},
        open_cost=raw["open_cost"],
        bnn=raw["bnn"],
        permit=raw["permit"],
        clinic=raw.get("clinic", ""),
    )


def _workers(lines: TextIO) -> Iterator[Worker]:
    leave: dict[str, DayRanges] = {"": ()}
    for w, line, sex, package, priority, earliest, due, deadline, unavailable in _rows(lines, WORKER_COLUMNS):
        if unavailable not in leave:
            leave[unavailable] = parse_days(unavailable)
        yield Worker(
            w,
            line,
            package,
            int(priority),
            int(earliest),
            int(due),
            int(deadline) if deadline else None,
            leave[unavailable],
            sex,
        )


def _rows(lines: TextIO, header: Sequence[str]) -> Iterator[list[str]]:
    reader = csv.reader(lines)
    if next(reader, None) != header:
        raise UnreadableError(f"header must be {','.join(header)}")
    for row in reader:
        if len(row) != len(header):
            raise UnreadableError(f"bad row {row}")
        yield row


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _found(folder: Path, name: str) -> Path | None:
    return next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), None)


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    with _opened(folder, name) as text:
        loaded: dict[str, Any] = json.load(text)
    return loaded


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[TextIO]:
    path = _found(folder, name)
    if path is None:
        raise UnreadableError(f"{name} is missing")
    with path.open("rb") as raw:
        plain = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(plain, encoding="utf-8", newline="") as text:
            yield text
