"""Better plans for large blocks: some sessions at a time are emptied and planned anew, exactly, with all else fixed."""

import copy
import time
from dataclasses import replace

import numpy as np

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Ints
from scheduling.planning.flow import Relaxation
from scheduling.planning.ledger import Ledger
from scheduling.planning.openings import Outcome, Search

CROWD = 2_000  # people planned anew at a time
IDLE, TAKERS = 3, 6  # sessions that might close, and how many others may take over their people


def groups(ledger: Ledger, sessions: Ints, sweep: int) -> list[Ints]:
    """The sessions in groups of about CROWD people, later more: close in time or, every other sweep, far apart."""
    block = ledger.block
    first = np.unique(block.window_session, return_index=True)[1]
    order = sessions[np.argsort(block.windows.day[first[sessions]], kind="stable")]
    count = max(1, round(int(ledger.visits[order].sum()) / (CROWD * (1 + sweep // 2))))
    if sweep % 2:
        return [order[g::count] for g in range(count)]
    people = np.cumsum(ledger.visits[order])
    cuts = np.searchsorted(people, people[-1] * np.arange(1, count) / count) if len(order) else []
    return [g for g in np.split(order, cuts) if len(g)]


def idlest(ledger: Ledger) -> list[Ints]:
    """The emptiest sessions in use, each with those that have the most free seats: could they do without it?"""
    block = ledger.block
    seats = np.bincount(block.window_session, block.places[:, 0], minlength=len(block.sessions))
    free = np.where(ledger.visits > 0, seats - ledger.visits, -1)
    filled = np.where(ledger.visits > 0, ledger.visits / np.maximum(seats, 1), np.inf)
    roomy = np.argsort(-free, kind="stable")
    return [np.append(roomy[roomy != s][:TAKERS], s) for s in np.argsort(filled, kind="stable")[:IDLE].tolist()]


def relieving(ledger: Ledger) -> list[Ints]:
    """The sessions that most of those who wait could use, with closed ones that people who sit there could go to."""
    block = ledger.block
    waiting = np.flatnonzero(ledger.waiting)
    wanted = _usable(block, waiting, ledger.waiting[waiting]) * (ledger.visits > 0)
    crowded = np.argsort(-wanted, kind="stable")[:TAKERS]
    crowded = crowded[wanted[crowded] > 0]
    if not len(crowded):
        return []
    holders = np.flatnonzero(ledger.count[:, np.isin(block.window_session, crowded)].any(axis=1))
    relief = _usable(block, holders, ledger.waiting[holders] + 1) * (ledger.visits == 0)
    spare = np.argsort(-relief, kind="stable")[:TAKERS]
    return [np.concatenate((crowded, spare[relief[spare] > 0]))]


def _usable(block: Block, classes: Ints, weight: Ints) -> Ints:
    """How many of these classes, by weight, could visit each session."""
    allowed = (block.kind_cost[block.kind[classes]] + block.day_cost[classes][:, block.window_day]) < FORBIDDEN
    order = np.argsort(block.window_session, kind="stable")
    edges = np.searchsorted(block.window_session[order], np.arange(len(block.sessions)))
    return np.asarray(weight @ np.logical_or.reduceat(allowed[:, order], edges, axis=1), dtype=np.int64)


def improve(ledger: Ledger, sessions: Ints, deadline: float, openings: bool) -> Ledger:
    """The state with these sessions planned anew, if that is cheaper; `openings`: they may open and close."""
    block = ledger.block
    windows = np.flatnonzero(np.isin(block.window_session, sessions))
    inside = ledger.count[:, windows]
    sizes = inside.sum(axis=1) + ledger.waiting
    classes = np.flatnonzero(sizes > 0)
    part = _part(block, classes, windows, sizes[classes])
    outside = ledger.copy()
    at, w = np.nonzero(inside)
    outside.add_many(at, windows[w], -inside[at, w].astype(np.int64))
    absence = _absence(ledger.absence, part, block.line[classes], windows, outside)
    known = Ledger(part, absence)
    seated, seat = np.nonzero(inside[classes])
    known.add_many(seated, seat, inside[classes][seated, seat].astype(np.int64))
    relaxation = Relaxation(part, absence)
    if not openings:
        relaxation.limit(np.ones(len(part.sessions)), np.ones(len(part.sessions)))
    outcome = Search(relaxation, deadline, Outcome(known)).dive()
    if outcome.ledger is None or outcome.ledger is known:
        return ledger
    new, place = np.nonzero(outcome.ledger.count)
    outside.add_many(classes[new], windows[place], outcome.ledger.count[new, place].astype(np.int64))
    return outside


def _part(block: Block, classes: Ints, windows: Ints, sizes: Ints) -> Block:
    days, window_day = np.unique(block.window_day[windows], return_inverse=True)
    sessions, window_session = np.unique(block.window_session[windows], return_inverse=True)
    lines, line = np.unique(block.line[classes], return_inverse=True)
    return replace(
        block,
        classes=classes,
        size=sizes,
        kind=block.kind[classes],
        package=block.package[classes],
        line=line,
        penalty=block.penalty[classes],
        day_cost=block.day_cost[np.ix_(classes, days)],
        kind_cost=block.kind_cost[:, windows],
        windows=block.windows.of(windows),
        window_at=block.window_at[windows],
        window_day=window_day,
        window_session=window_session,
        sessions=block.sessions[sessions],
        open_cost=block.open_cost[sessions],
        places=block.places[windows],
        lines=block.lines[lines],
        ceiling=block.ceiling[lines],
        line_place=block.line_place[lines],
        cycle=block.cycle[classes],
        seat=_seats(block.seat[classes], windows),
    )


def _seats(seats: Ints, windows: Ints) -> Ints:
    where = {int(w): k for k, w in enumerate(windows)}
    return np.array([where.get(int(w), -1) for w in seats], dtype=np.int64)


def _absence(absence: Absence, part: Block, lines: Ints, windows: Ints, outside: Ledger) -> Absence:
    """R5 for the part: those who stay where they are keep their share of the ceilings."""
    twin = copy.copy(absence)
    kept = np.unique(lines)
    twin.first, twin.past = absence.first[:, windows], absence.past[:, :, windows]
    twin.length_of = np.searchsorted(absence.lengths, part.cycle)
    twin.place_of_line = part.line_place
    twin.ceiling = np.maximum(absence.ceiling[kept] - outside.away[kept], 0)
    return twin


def sweep_through(ledger: Ledger, sessions: Ints, deadline: float, sweeps: int, openings: bool) -> Ledger:
    """Go through all groups again and again until time or sweeps are used up or nothing gets better."""
    for sweep in range(sweeps):
        before = ledger.cost()
        special = relieving(ledger) + idlest(ledger) if openings and not sweep % 2 else []
        for group in special + groups(ledger, sessions, sweep):
            if time.monotonic() > deadline:
                return ledger
            ledger = improve(ledger, group, deadline, openings)
        if sweep % 2 and ledger.cost() == before:
            break
    return ledger
