"""Prices by smoothed ascent: demand spreads over nearly-cheapest windows, prices follow demand over supply.

Every class spreads over windows with weights exp(-cost / heat); places asked for more than they hold get dearer,
others cheaper, in steps of heat x log(ratio), while the heat falls. A session whose rent stays below its opening
cost opens only in part, so that rent and cost meet. No linear program is solved; the prices prove a bound as any do.
"""

import copy
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Ints
from scheduling.planning.entries import Entries
from scheduling.planning.pricing import Floats, Prices

Singles = NDArray[np.float32]
BLOCKED = 1e6
REFUSED = 0.005  # share of people turned away
SCORCHING = 5_000.0
OPEN = 0.4  # of a session: more counts as open when it must be one or the other
HARDLY = 1e-4  # people; less demand than this moves no price
STEP, MOMENTUM, CREW_STEP, CREW_EVERY = 0.3, 0.8, 0.25, 4
SLACK, DEAR, FASTER, SLOWER, FASTEST = 0.02, 200.0, 1.3, 0.5, 500.0


class Market:
    """The state of the ascent for one block; rows r are (crew, package), a crew a line or all lines of a place."""

    def __init__(self, block: Block, absence: Absence, by_line: bool) -> None:
        self.block, self.absence, self.by_line = block, absence, by_line
        self._rows()
        self._turns()
        self.lower, self.upper = np.zeros(len(block.sessions)), np.ones(len(block.sessions))
        self.places = np.zeros(block.places.shape)
        seats = np.bincount(block.window_session, block.places[:, 0], minlength=len(block.sessions))
        self.places[:, 0] = (block.open_cost / np.maximum(seats, 1))[block.window_session]
        self.previous = self.places
        shapes = (1, block.places.shape[1]), (len(block.sessions), block.places.shape[1])
        self.gain, self.side = [np.ones(shape) for shape in shapes], [np.zeros(shape) for shape in shapes]
        self.dearest = float(block.penalty.max(initial=0))  # nobody pays more than being left out
        self.entries = Entries(len(block.sessions), self.size, self.dearest)
        self.entered: Singles = np.zeros_like(self.entries.prices)
        self.crews = np.zeros((len(self.ceiling), absence.points))
        self.openings = np.ones(len(block.sessions))
        self.steps, self.refused, self.lifting = 0, 0.0, True

    def _rows(self) -> None:
        """Rows, their costs (window by row) and the classes sorted by row."""
        block = self.block
        crew = block.line if self.by_line else block.line_place[block.line]
        keys, row = np.unique(block.package * (crew.max(initial=0) + 1) + crew, return_inverse=True)
        self.order = np.argsort(row, kind="stable")
        self.row = row[self.order]
        self.edges = np.searchsorted(self.row, np.arange(len(keys)))
        first = self.order[self.edges]
        self.row_crew, self.row_package = crew[first], block.package[first]
        self.row_length, self.row_line = self.absence.length_of[first], block.line[first]
        cost = block.kind_cost[block.kind[first]].T
        self.cost: Singles = np.where(cost >= FORBIDDEN, BLOCKED, cost).astype(np.float32)
        self.weight: Singles = np.empty(self.cost.shape, dtype=np.float32)
        self.row_uses: Singles = np.ascontiguousarray(block.uses[self.row_package].T, dtype=np.float32)
        count = len(block.lines) if self.by_line else len(block.place_key)
        crew_of_line = np.arange(len(block.lines)) if self.by_line else block.line_place
        self.ceiling = np.zeros((count, self.absence.points))
        np.add.at(self.ceiling, crew_of_line, self.absence.ceiling)
        self.size: Singles = block.size[self.order].astype(np.float32)
        self.penalty: Singles = block.penalty[self.order].astype(np.float32)

    def _turns(self) -> None:
        """Sessions in the order of their windows, what they cost each class for their day, and the crews' absences."""
        block = self.block
        first = np.flatnonzero(np.diff(block.window_session, prepend=-1))  # windows of a session stand together
        self.turns = [slice(int(a), int(b)) for a, b in pairwise(np.append(first, len(block.window_at)))]
        self.session_of_turn = block.window_session[first]
        days = block.day_cost[self.order].T[block.window_day[first]]
        self.day_cost: Singles = np.where(days >= FORBIDDEN, BLOCKED, days).astype(np.float32)
        place = self.absence.place_of_line[self.row_line]
        first = np.ascontiguousarray(self.absence.first[place].T)
        past = np.maximum(self.absence.past[place, self.row_length].T, first)
        self.crew_charge: Singles = np.zeros((len(first), len(self.row_crew)), dtype=np.float32)
        base = self.row_crew * (self.absence.points + 1)
        self.leave_at, self.back_at = base + first, np.ascontiguousarray(base + past)

    def is_scarce(self) -> bool:
        """Whether places are missing rather than merely unequal."""
        return self.refused > max(0.5, REFUSED * float(self.size.sum()))

    def run(self, steps: int, heat: float, cold: float) -> None:
        """Take some steps while the heat falls geometrically."""
        for step in range(steps):
            now = heat * (cold / heat) ** (step / max(1, steps - 1))
            load = self.spread(now)
            self._follow(load, now)
            if self.steps % CREW_EVERY == CREW_EVERY - 1:
                self._follow_crews(load, now)
            self.steps += 1

    def spread(self, heat: float) -> Singles:
        """How many people of each row each window is asked for, window by row; a buffer that the next call reuses."""
        weight, colder = self.weight, np.float32(1 / heat)
        places = self.places.astype(np.float32)
        turns, rows = len(self.turns), len(self.row_crew)
        least, mass = np.empty((turns, rows), np.float32), np.empty((turns, rows), np.float32)
        for d, part in enumerate(self.turns):  # a session at a time stays in the processor's cache
            own = weight[part]
            np.matmul(places[part], self.row_uses, out=own)
            own += self.cost[part]
            own += self.crew_charge[part]
            least[d] = own.min(axis=0)
            np.subtract(least[d], own, out=own)
            own *= colder
            np.exp(own, out=own)
            mass[d] = own.sum(axis=0)
        wish = (least - np.float32(heat) * np.log(mass))[:, self.row]
        wish += self.day_cost
        if self.entries.asked.any():
            wish += self.entries.prices[self.session_of_turn]
        cheapest = wish.min(axis=0)
        floor = np.minimum(cheapest, self.penalty)
        np.subtract(floor, wish, out=wish)
        wish *= colder
        share = np.exp(wish, out=wish)
        refusing = np.exp((floor - self.penalty) * colder)
        scale = self.size / (share.sum(axis=0) + refusing)
        self.refused = float((refusing * scale)[cheapest < BLOCKED / 2].sum())
        share *= scale
        self.entered[self.session_of_turn] = share
        asked = np.add.reduceat(share, self.edges, axis=1) / mass
        for d, part in enumerate(self.turns):
            weight[part] *= asked[d]
        return weight

    def _follow(self, load: Singles, heat: float) -> None:
        """Move place and entry prices towards supply = demand, and the openings with them."""
        block, entries, entered = self.block, self.entries, self.entered
        session = block.window_session
        use, supply = (load @ self.row_uses.T).astype(np.float64), block.places.astype(np.float64)
        lift = self._lift(use, supply * self.openings[session][:, None], heat) if self.lifting else 0.0

        def moved(opening: Floats) -> Floats:
            ratio = use / np.maximum(supply * opening[session][:, None], 0.3)
            pull = np.clip(np.log(np.maximum(ratio, 1e-3)), -2, 2)
            return np.clip(self.places + lift + STEP * heat * pull, 0, self.dearest)

        full, asked = moved(self.upper), np.flatnonzero(entries.asked)
        worth = self._per_session(full * supply)
        worth[asked] += entries.moved(asked, entered, self.upper, heat) @ entries.size
        short = (self.lower < self.upper) & (worth < block.open_cost)
        rent = self._per_session(self.places * supply) + entries.worth()
        paid = self._per_session(self.places * use) + entries.paid(entered)
        self.openings = np.where(short, np.clip(paid / np.maximum(rent, 1), 0.01, 1), self.upper)
        partly, moving = moved(self.openings), np.flatnonzero(short | entries.asked)
        shares = entries.moved(moving, entered, self.openings, heat)
        rent = self._per_session(partly * supply)
        rent[moving] += shares @ entries.size
        scale = np.where(short & (rent > 0), block.open_cost / np.maximum(rent, 1), 1)
        entries.take(moving, shares * scale[moving, None].astype(np.float32))
        target = np.where(short[session][:, None], partly * scale[session][:, None], full)
        self.places = np.maximum(0, target + MOMENTUM * (target - self.previous)) if self.steps else target
        self.previous = target

    def _per_session(self, amounts: Floats) -> Floats:
        total = np.bincount(self.block.window_session, amounts.sum(axis=1), minlength=len(self.block.sessions))
        return total.astype(np.float64)

    def _lift(self, use: Floats, supply: Floats, heat: float) -> Floats:
        """What all places of a resource cost more, in the whole block and per session, where demand outgrows supply.

        Scarce places cost about a penalty, far beyond what single windows reach while people flee from one to the next.
        """
        session, sessions = self.block.window_session, len(self.block.sessions)
        added = np.zeros(use.shape)
        for level, (key, count) in enumerate(((np.zeros_like(session), 1), (session, sessions))):
            total = np.stack([np.bincount(key, column, count) for column in use.T], axis=1)
            room = np.stack([np.bincount(key, column, count) for column in supply.T], axis=1)
            price = np.stack([np.bincount(key, column, count) for column in (self.places * supply).T], axis=1)
            ratio = total / np.maximum(room, 0.3)
            side = np.where(ratio > 1 + SLACK, 1.0, np.where((ratio < 1) & (price > DEAR * room), -1.0, 0.0))
            same = (side != 0) & (side == self.side[level])
            self.gain[level] = np.where(
                same, np.minimum(self.gain[level] * FASTER, FASTEST), np.maximum(1, self.gain[level] * SLOWER)
            )
            self.side[level] = side
            pull = np.clip(np.log(np.maximum(ratio, 1e-3)), -1, 1)
            added += np.where(side != 0, STEP * heat * self.gain[level] * pull, 0)[key]
        return added

    def _follow_crews(self, load: Singles, heat: float) -> None:
        width = self.absence.points + 1
        flat = load.ravel()
        asked = np.flatnonzero(flat > HARDLY)
        size = len(self.ceiling) * width
        leaving = np.bincount(self.leave_at.ravel()[asked], flat[asked], size)
        change = leaving - np.bincount(self.back_at.ravel()[asked], flat[asked], size)
        away = np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]
        ratio = np.log(np.maximum(away / np.maximum(self.ceiling, 0.3), 1e-3))
        self.crews = np.maximum(0, self.crews + CREW_STEP * heat * np.clip(ratio, -2, 2))
        before = np.zeros((len(self.ceiling), width), dtype=np.float32)
        np.cumsum(self.crews, axis=1, out=before[:, 1:])
        flat_before = before.ravel()
        np.take(flat_before, self.back_at, out=self.crew_charge, mode="clip")
        self.crew_charge -= np.take(flat_before, self.leave_at, mode="clip")

    def fork(self) -> "Market":
        """A market that goes its own way from here."""
        twin = copy.copy(self)
        twin.weight, twin.crew_charge = np.empty_like(self.weight), self.crew_charge.copy()
        twin.lower, twin.upper = self.lower.copy(), self.upper.copy()
        twin.entered, twin.entries = self.entered.copy(), self.entries.copy()
        twin.gain, twin.side = list(self.gain), list(self.side)
        return twin

    def learn(self, places: Floats) -> None:
        """Take over prices that know what is scarce; nothing is lifted from now on, which would unlearn them."""
        self.places = self.previous = places
        self.lifting = False

    def settle_openings(self, steps: int, heat: float) -> None:
        """Fix session after session, the clearest first, and let prices answer, until all are open or closed."""
        while (free := np.flatnonzero(self.lower < self.upper)).size:
            share = self.openings[free]
            clear = free[(share > 0.95) | (share < 0.04)]
            if not len(clear):
                clear = free[[np.abs(share - OPEN).argmax()]]
            opened = self.openings[clear] > OPEN
            self.lower[clear[opened]] = 1
            self.upper[clear[~opened]] = 0
            self.run(steps, heat, heat)

    def settle_at_once(self) -> None:
        """Fix all sessions as they are now: open, or closed."""
        self.lower = (self.openings > OPEN).astype(np.float64)
        self.upper = self.lower.copy()

    def seats(self, heat: float) -> tuple[Floats, Ints]:
        """How many people of each row each window would seat, and the row of every class."""
        row_of = np.empty(len(self.row), dtype=np.int64)
        row_of[self.order] = self.row
        return self.spread(heat).T.astype(np.float64), row_of

    def prices(self) -> Prices:
        """The present prices, per line."""
        lines = self.crews if self.by_line else self.crews[self.block.line_place]
        shares = np.empty((len(self.block.size), len(self.block.sessions)))
        shares[self.order] = self.entries.prices.T
        return Prices.of(self.places, lines, shares if self.entries.asked.any() else None)


def scarcity_market(block: Block, absence: Absence, steps: int, cold: float) -> Market:
    """A market whose prices come down from penalties rather than up from nothing: where people must stay out."""
    market = Market(block, absence, by_line=False)
    hot = min(SCORCHING, float(block.penalty.min(initial=int(4 * SCORCHING))) / 4)
    market.run(steps, hot or cold, cold)  # people may be worth nothing
    return market
