"""From a fractional plan to whole people: keep what is whole, settle the rest exactly in a small integer program."""

import numpy as np

from scheduling.planning import programs
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Ints
from scheduling.planning.flow import TOLERANCE, Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.offering import cheapest
from scheduling.planning.pricing import Floats

MANY_CLASSES, OPTIONS, SPARE, WINDOWS_TRIED = 800, 8, 4, 40
MANY_COLUMNS = 4_000  # free visits above which a program over all of them takes too long
HURRIED = 0.05  # seconds below which no program is begun
HALF, CLEARLY = 0.5, 1e-3
LOST = 0.5  # people more than the fractional plan leaves out: lost by rounding


def settle(relaxation: Relaxation, solution: Solution, seconds: float, saving: bool = False) -> Ledger:
    """A valid state near the fractional solution, half-open sessions open or closed; `saving` whom rounding lost."""
    ledger = Ledger(relaxation.block, relaxation.absence)
    visits = solution.visits
    classes, windows = relaxation.column_class[: len(visits)], relaxation.column_window[: len(visits)]
    broken = np.zeros(len(ledger.waiting), dtype=np.bool_)
    broken[classes[np.abs(visits - np.round(visits)) > TOLERANCE]] = True
    seats = np.round(visits).astype(np.int64)
    taken = np.flatnonzero(seats)
    load = relaxation.absence.load(relaxation.block, classes[taken], windows[taken], seats[taken])
    crowded = np.asarray((load > relaxation.absence.ceiling).any(axis=1))  # R5 may not be in force everywhere yet
    broken |= crowded[relaxation.block.line]
    open_now = rounded(solution.openings) > TOLERANCE
    broken[classes[(visits > TOLERANCE) & ~open_now[relaxation.block.window_session[windows]]]] = True
    whole = np.flatnonzero((seats > 0) & ~broken[classes])
    ledger.add_many(classes[whole], windows[whole], seats[whole])
    free = np.flatnonzero(broken[classes] & open_now[relaxation.block.window_session[windows]])
    if len(free) > MANY_COLUMNS or seconds < HURRIED:
        _seat_whole_parts(ledger, classes[free], windows[free], visits[free])
    if len(free) and seconds >= HURRIED:
        seat_exactly(ledger, classes[free], windows[free], seconds)
    lost = np.flatnonzero(ledger.waiting > solution.left_out + LOST)
    if saving and len(lost) and seconds >= HURRIED:
        priced = relaxation.reduced(solution.prices)
        priced[:, ~open_now[relaxation.block.window_session]] += FORBIDDEN  # opening one more for them would cost more
        ledger = rescue(ledger, lost, priced, seconds)
    insert_waiting(ledger)
    return ledger


def rounded(openings: Floats) -> Floats:
    """What is mostly open opens, and of what is open in part the most open, as many as all openings come to."""
    number = max(int((openings > HALF).sum()), int(np.ceil(openings.sum() - CLEARLY)))
    whole = np.zeros(len(openings))
    whole[np.argsort(-openings, kind="stable")[:number]] = 1
    return whole


def _seat_whole_parts(ledger: Ledger, classes: Ints, windows: Ints, visits: Floats) -> None:
    """Seat the whole part of every visit whose class still waits, so that only the fractions are left to a program."""
    large = np.flatnonzero((visits >= 1 - TOLERANCE) & (ledger.waiting[classes] > 0))
    for x in large[np.argsort(-visits[large], kind="stable")].tolist():
        c, w = int(classes[x]), int(windows[x])
        n = min(int(visits[x] + TOLERANCE), int(ledger.waiting[c]), ledger.room(c, w))
        if n > 0:
            ledger.add(c, w, n)


def rescue(ledger: Ledger, waiting: Ints, priced: Floats, seconds: float) -> Ledger:
    """Seat people who wait by moving others about: all who hold the seats that the waiting could take."""
    near = cheapest(priced[waiting], WINDOWS_TRIED, FORBIDDEN)
    if not len(near[0]):
        return ledger
    wanted = np.unique(near[1])
    holders = np.flatnonzero(ledger.count[:, wanted].any(axis=1))
    if len(holders) > MANY_CLASSES:
        spread = priced[holders].min(axis=1) - priced[np.ix_(holders, wanted)].min(axis=1)
        holders = holders[np.argsort(-spread, kind="stable")[:MANY_CLASSES]]
    return reseat(ledger, np.union1d(waiting, holders), priced, seconds)


def reseat(ledger: Ledger, classes: Ints, priced: Floats, seconds: float) -> Ledger:
    """Take these classes out and seat them again at the least cost; the same ledger if that is no better."""
    trial = ledger.copy()
    at, windows = np.nonzero(trial.count[classes])
    trial.add_many(classes[at], windows, -trial.count[classes[at], windows].astype(np.int64))
    own = priced[classes]
    spare = np.where(ledger.left[:, 0] > 0, own, FORBIDDEN)  # somebody has to go where there is room
    options = (at, windows), cheapest(own, OPTIONS, FORBIDDEN), cheapest(spare, SPARE, FORBIDDEN)
    pairs = np.unique(np.concatenate([c * priced.shape[1] + w for c, w in options]))
    seat_exactly(trial, classes[pairs // priced.shape[1]], pairs % priced.shape[1], seconds)
    return trial if trial.cost() < ledger.cost() else ledger


def seat_exactly(ledger: Ledger, classes: Ints, windows: Ints, seconds: float) -> None:
    """Seat waiting people on these pairs at the least cost; openings are taken as paid."""
    block, absence = ledger.block, ledger.absence
    involved, own = np.unique(classes, return_inverse=True)
    rows, columns, most, count = [own], [np.arange(len(classes))], [ledger.waiting[involved]], len(involved)
    for used, at, limit in (
        _place_rows(block, ledger, classes, windows),
        _line_rows(block, absence, ledger, classes, windows),
    ):
        rows.append(at + count)
        columns.append(used)
        most.append(limit)
        count += len(limit)
    least = np.concatenate((np.zeros(len(involved)), np.full(count - len(involved), -FORBIDDEN)))
    found = programs.solve(
        (block.costs(classes, windows) - block.penalty[classes]).astype(np.float64),
        np.full(len(classes), np.inf),
        np.concatenate(rows),
        np.concatenate(columns),
        np.ones(sum(map(len, rows))),
        least.astype(np.float64),
        np.concatenate(most).astype(np.float64),
        max(seconds, HURRIED),
        whole=True,
    )
    amounts = np.round(found.amounts).astype(np.int64)
    for pair in np.flatnonzero(amounts > 0).tolist():
        c, w = int(classes[pair]), int(windows[pair])
        fitting = min(int(amounts[pair]), ledger.room(c, w), int(ledger.waiting[c]))
        if fitting > 0:
            ledger.add(c, w, fitting)


def _place_rows(block: Block, ledger: Ledger, classes: Ints, windows: Ints) -> tuple[Ints, Ints, Ints]:
    uses = block.uses[block.package[classes]]
    pair, resource = np.nonzero(uses)
    keys, row = np.unique(windows[pair] * uses.shape[1] + resource, return_inverse=True)
    return pair, row, ledger.left[keys // uses.shape[1], keys % uses.shape[1]]


def _line_rows(block: Block, absence: Absence, ledger: Ledger, classes: Ints, windows: Ints) -> tuple[Ints, Ints, Ints]:
    pair, moment = absence.moments(block, classes, windows)
    keys, row = np.unique(moment, return_inverse=True)
    line, at = keys // max(absence.points, 1), keys % max(absence.points, 1)
    return pair, row, absence.ceiling[line, at] - ledger.away[line, at]
