"""kd-plan/1 folders: instance.json and workers.csv in, appointments.csv and unassigned.csv out."""

import csv
import gc
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO, TypeVar

from scheduling.planning import consistency
from scheduling.planning.changing import what_if
from scheduling.planning.consistency import UnreadableError
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
from scheduling.planning.submission import NO_WINDOW, Submission

WORKER_COLUMNS = ["worker", "line", "sex", "package", "priority", "earliest", "due", "deadline", "unavailable"]
APPOINTMENT_COLUMNS = ["worker", "session", "window"]
UNASSIGNED_COLUMNS = ["worker", "reason"]
MALFORMED = (csv.Error, EOFError, zlib.error)
Record = TypeVar("Record", Line, Params, Weights)


def read_instance(folder: str | Path) -> Instance:
    """The instance of a folder; files may be gzipped (`workers.csv.gz`). Raises UnreadableError."""
    raw = _read_json(Path(folder), "instance.json")
    if raw.get("format") != "kd-plan/1":
        raise UnreadableError("instance.json: unknown format")
    with _opened(Path(folder), "workers.csv") as lines, _all_kept():
        workers = tuple(_workers(lines))
    with _understood("instance.json"):
        instance = parse_instance(raw, workers)
        consistency.check_instance(instance)
    return instance


def parse_instance(raw: Mapping[str, Any], workers: Iterable[Worker]) -> Instance:
    """The instance of a parsed instance.json and its workers."""
    weights = {"move": Weights().move, **raw["weights"]}  # only a re-plan needs it
    for part in ("unassigned", "late_day"):
        weights[part] = {int(priority): int(cost) for priority, cost in weights[part].items()}
    return Instance(
        days=raw["days"],
        packages=tuple(_package(p) for p in raw["packages"]),
        calendars={c: tuple(None if d is None else (d[0], d[1]) for d in days) for c, days in raw["calendars"].items()},
        travel=raw["travel"],
        lines=tuple(_made(Line, entry) for entry in raw["lines"]),
        sessions=tuple(_session(s) for s in raw["sessions"]),
        workers=tuple(workers),
        holidays=frozenset(raw["holidays"]),
        params=_made(Params, raw["params"]),
        weights=_made(Weights, weights),
        name=raw.get("name", ""),
        start_date=raw.get("start_date", ""),
    )


def read_replan(instance: Instance, folder: str | Path) -> tuple[Changes, Appointments]:
    """What a re-plan folder says of an instance: the changes and the plan in force. Raises UnreadableError."""
    changes, published = read_changes(folder), read_appointments(folder)
    with _understood("changes.json"):
        consistency.check_changes(instance, changes, published)
    return changes, published


def read_changes(folder: str | Path) -> Changes:
    """The changes of a re-plan folder, with the workers who joined. Raises UnreadableError."""
    raw = _read_json(Path(folder), "changes.json")
    joined: tuple[Worker, ...] = ()
    if _found(Path(folder), "workers_joined.csv"):
        with _opened(Path(folder), "workers_joined.csv") as lines:
            joined = tuple(_workers(lines))
    with _understood("changes.json"):
        return Changes(
            now=raw["now"],
            sessions_cancelled=tuple(raw["sessions_cancelled"]),
            workers_left=tuple(raw["workers_left"]),
            workers_joined=joined,
            workers_unavailable=tuple((e["worker"], parse_days(e["days"])) for e in raw["workers_unavailable"]),
            capacity_changes=_capacity_changes(raw["capacity_changes"]),
        )


def read_what_if(instance: Instance, path: Path) -> Instance:
    """The instance with what a JSON file changes: `capacity_changes`, `ceilings` (line → %), `added`, `withdrawn`.

    All are optional; capacity changes as in changes.json, added sessions as in instance.json, withdrawn ones by id.
    """
    raw = _read_json(path.parent, path.name)
    with _understood(path.name):
        cuts, ceilings = _capacity_changes(raw.get("capacity_changes", ())), raw.get("ceilings", {})
        added, withdrawn = [_session(s) for s in raw.get("added", ())], raw.get("withdrawn", ())
        consistency.check_what_if(instance, cuts, ceilings, added, withdrawn)
        changed = what_if(instance, cuts, ceilings, added, withdrawn)
        consistency.check_instance(changed)
    return changed


def read_appointments(folder: str | Path, name: str = "published.csv") -> Appointments:
    """Worker → (session, window) of published.csv or appointments.csv. Raises UnreadableError."""
    with _opened(Path(folder), name) as lines:
        return {w: (s, int(i)) for w, s, i in _rows(lines, APPOINTMENT_COLUMNS)}


def read_solution(folder: str | Path) -> Submission:
    """The rows of appointments.csv and unassigned.csv as they stand. Raises UnreadableError."""
    with _opened(Path(folder), "appointments.csv") as lines:
        appointments = [(w, s, _window(i)) for w, s, i in _rows(lines, APPOINTMENT_COLUMNS)]
    with _opened(Path(folder), "unassigned.csv") as lines:
        return Submission(appointments, [(w, reason) for w, reason in _rows(lines, UNASSIGNED_COLUMNS)])


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


def _window(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return NO_WINDOW


def _capacity_changes(raw: Iterable[Mapping[str, Any]]) -> tuple[CapacityChange, ...]:
    return tuple(CapacityChange(e["session"], e["window"], e.get("total"), e.get("capacity", {})) for e in raw)


def _made(kind: type[Record], raw: Mapping[str, Any]) -> Record:
    """The record of an entry, which must be whole; what else it holds is not ours."""
    return kind(**{f.name: raw[f.name] for f in fields(kind)})


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
    names: dict[str, str] = {}
    for row in _rows(lines, WORKER_COLUMNS):
        w, line, sex, package, priority, earliest, due, deadline, unavailable = row
        try:
            if unavailable not in leave:
                leave[unavailable] = parse_days(unavailable)
            yield Worker(
                w,
                names.setdefault(line, line),
                names.setdefault(package, package),
                int(priority),
                int(earliest),
                int(due),
                int(deadline) if deadline else None,
                leave[unavailable],
                names.setdefault(sex, sex),
            )
        except ValueError as error:
            raise UnreadableError(f"bad row {row}: {error}") from error


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


@contextmanager
def _all_kept() -> Iterator[None]:
    """No search for garbage while a million objects are made that all stay: it takes two fifths of the time."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


@contextmanager
def _understood(name: str) -> Iterator[None]:
    """Whatever a malformed file leads to is an UnreadableError that names the file."""
    try:
        yield
    except KeyError as error:
        raise UnreadableError(f"{name}: {error} is missing or unknown") from error
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError, *MALFORMED) as error:
        raise UnreadableError(f"{name}: {error}") from error


def _found(folder: Path, name: str) -> Path | None:
    return next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), None)


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    with _opened(folder, name) as text:
        loaded = json.load(text)
        if not isinstance(loaded, dict):
            raise UnreadableError("no object")
    return loaded


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[TextIO]:
    path = _found(folder, name)
    if path is None:
        raise UnreadableError(f"{name} is missing")
    with _understood(name), path.open("rb") as raw:
        plain = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(plain, encoding="utf-8", newline="") as text:
            yield text
