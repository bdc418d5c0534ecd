"""What the engine knew of a plan, kept beside its files: the bound, and prices of places, lines and sessions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scheduling.planning.consistency import UnreadableError
from scheduling.planning.model import Instance, Notes, Plan

NAME = "notes.json"


def write(plan: Plan, folder: Path) -> None:
    """Write notes.json beside the plan that it is about."""
    notes = plan.notes or Notes()
    stations: dict[str, dict[str, float]] = {}
    for (session, station), price in notes.station_prices.items():
        stations.setdefault(session, {})[station] = price
    kept = {
        "total": plan.cost.total,
        "bound": plan.bound,
        "station_prices": stations,
        "line_prices": dict(notes.line_prices),
        "session_gains": dict(notes.session_gains),
    }
    (folder / NAME).write_text(json.dumps(kept, sort_keys=True), encoding="utf-8")


def read(folder: Path, instance: Instance, total: int) -> tuple[int, Notes]:
    """The bound (0: unknown) and the notes of a plan with this total, if there are any. Raises UnreadableError."""
    if not (folder / NAME).exists():
        return 0, Notes()
    try:
        kept = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if kept["total"] != total:  # of another plan in the same folder
            return 0, Notes()
        bound, notes = int(kept["bound"]), _notes(kept)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"{NAME}: {error}") from error
    sessions = {*notes.session_gains, *(session for session, _ in notes.station_prices)}
    unknown = sessions - {s.id for s in instance.sessions} | notes.line_prices.keys() - {x.id for x in instance.lines}
    if unknown:
        raise UnreadableError(f"{NAME}: unknown {min(unknown)}")
    return bound, notes


def _notes(kept: Mapping[str, Any]) -> Notes:
    stations = {(s, q): float(p) for s, prices in kept["station_prices"].items() for q, p in prices.items()}
    lines = {line: float(p) for line, p in kept["line_prices"].items()}
    return Notes(stations, lines, {session: float(gain) for session, gain in kept["session_gains"].items()})
