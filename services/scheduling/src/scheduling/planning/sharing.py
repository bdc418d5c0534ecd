"""Which piece of a large component plans which line: near ones, as far as their places go, by a small program."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.planning import programs
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules

ROOMY, BUSY = 0.8, 0.95  # shares of a piece's places that count as easily and just about used
CROWDING, OVERFLOW = 30.0, 5_000.0  # cost of an arrival beyond either
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Component:
    """Classes and sessions by position; no class of one may use a session of another."""

    classes: Ints
    sessions: Ints


def out(rules: Rules, demand: Demand, part: Component, session_piece: Ints, count: int) -> Ints:
    """The piece of every class of the component; the classes of a line stay together, since its ceiling is one."""
    lines, line = np.unique(demand.line[part.classes], return_inverse=True)
    minutes = _minutes(rules, part, lines, session_piece, count)
    home = minutes.argmin(axis=1)
    if bool((np.isfinite(minutes).sum(axis=1) > 1).any()):
        load = _loads(rules, demand, part, line, len(lines))
        home = _shared(minutes, load, _places(rules, part, session_piece, count))
    return np.asarray(home[line], dtype=np.int64)


def _minutes(rules: Rules, part: Component, lines: Ints, session_piece: Ints, count: int) -> Floats:
    """Travel of each line to the nearest session site of each piece, infinite where none is within reach."""
    site_at = {site: k for k, site in enumerate(rules.sites)}
    piece_of: dict[int, int] = {}
    for s, p in zip(part.sessions.tolist(), session_piece.tolist(), strict=True):
        piece_of[site_at[rules.instance.sessions[s].site]] = p
    known: dict[str, Floats] = {}
    for x in lines.tolist():
        site = rules.instance.lines[x].site
        if site not in known:
            known[site] = np.full(count, np.inf)
            travel = rules.travel_from(site)
            for b in np.flatnonzero(rules.within_reach(site)).tolist():
                if b in piece_of:
                    known[site][piece_of[b]] = min(known[site][piece_of[b]], float(travel[b]))
    return np.array([known[rules.instance.lines[x].site] for x in lines.tolist()])


def _loads(rules: Rules, demand: Demand, part: Component, line: Ints, count: int) -> Floats:
    """People of each line: all, those who need a licensed session, those who need each station."""
    wants = _wants(rules)[demand.package[part.classes]] * demand.size[part.classes][:, None]
    load = np.zeros((count, wants.shape[1]))
    np.add.at(load, line, wants)
    return load


def _wants(rules: Rules) -> Floats:
    licensed = np.array([[p.bnn] for p in rules.instance.packages], dtype=np.float64)
    return np.concatenate((np.ones_like(licensed), licensed, rules.needs), axis=1)


def _places(rules: Rules, part: Component, session_piece: Ints, count: int) -> Floats:
    """Arrivals that each piece can take: all, in licensed sessions, at each station."""
    flat = rules.windows
    piece_at = np.full(len(rules.instance.sessions), -1)
    piece_at[part.sessions] = session_piece
    own = np.flatnonzero((piece_at[flat.session] >= 0) & flat.usable)
    total = flat.total[own][:, None]
    seats = np.concatenate((total, total * flat.bnn[own][:, None], np.minimum(flat.capacity[own], total)), axis=1)
    places = np.zeros((count, seats.shape[1]))
    np.add.at(places, piece_at[flat.session[own]], seats)
    return places


def _shared(minutes: Floats, load: Floats, places: Floats) -> Ints:
    """The piece that gets most of each line in the cheapest sharing-out: travel, and what crowding costs."""
    line, piece = np.nonzero(np.isfinite(minutes))
    pairs, resources, lines = len(line), load.shape[1], len(minutes)
    used, station = np.nonzero(load[line])
    places_at, each = np.arange(places.size), np.arange(pairs)
    rows = np.concatenate((line, lines + piece[used] * resources + station, np.tile(lines + places_at, 2)))
    columns = np.concatenate((each, used, pairs + np.arange(2 * places.size)))
    values = np.concatenate((np.ones(pairs), load[line[used], station], -np.ones(2 * places.size)))
    room, free = places.ravel(), np.full(places.size, np.inf)
    found = programs.solve(
        np.concatenate((2 * load[line, 0] * minutes[line, piece], 0 * room + CROWDING, 0 * room + OVERFLOW)),
        np.concatenate((np.ones(pairs), (BUSY - ROOMY) * room, free)),
        rows,
        columns,
        values,
        np.concatenate((np.ones(lines), -free)),
        np.concatenate((np.ones(lines), ROOMY * room)),
    )
    share = np.zeros(minutes.shape)
    share[line, piece] = found.amounts[:pairs] + 1e-9 / (1 + minutes[line, piece])
    return np.asarray(share.argmax(axis=1), dtype=np.int64)
