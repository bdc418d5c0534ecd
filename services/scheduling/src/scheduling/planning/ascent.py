"""Prices by smoothed ascent: demand spreads over nearly-cheapest windows, prices follow demand over supply.

Every class spreads over windows with weights exp(-cost / heat); places asked for more than they hold get dearer,
others cheaper, in steps of heat x log(ratio), while the heat falls. A session whose rent stays below its opening
cost opens only in part, so that rent and cost meet. No linear program is solved; the prices prove a bound as any do.
"""

import copy
import time

import numpy as np

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Ints
from scheduling.planning.entries import Entries
from scheduling.planning.pricing import Floats, Prices
from scheduling.planning.reach import BLOCKED, Reach, Singles

REFUSED = 0.005  # share of people turned away
SCORCHING = 5_000.0
OPEN = 0.4  # of a session: more counts as open when it must be one or the other
HARDLY = 1e-4  # people; less demand than this moves no price
STEP, MOMENTUM, CREW_STEP, CREW_EVERY = 0.3, 0.8, 0.25, 4
SLACK, DEAR, FASTER, SLOWER, FASTEST = 0.02, 200.0, 1.3, 0.5, 500.0


class Market:
    """The state of the ascent for one block; `reach` says who meets where."""

    def __init__(self, block: Block, absence: Absence, by_line: bool) -> None:
        self.block, self.absence, self.by_line = block, absence, by_line
        self.reach = Reach(block, absence, by_line)
        self.weight: Singles = np.empty_like(self.reach.cost)
        self.crew_charge: Singles = np.zeros_like(self.reach.cost)
        self.size: Singles = block.size[self.reach.order].astype(np.float32)
        self.penalty: Singles = block.penalty[self.reach.order].astype(np.float32)
        count = len(block.lines) if by_line else len(block.place_key)
        self.ceiling = np.zeros((count, absence.points))
        np.add.at(self.ceiling, np.arange(len(block.lines)) if by_line else block.line_place, absence.ceiling)
        self.lower, self.upper = np.zeros(len(block.sessions)), np.ones(len(block.sessions))
        self.places = np.zeros(block.places.shape)
        seats = np.bincount(block.window_session, block.places[:, 0], minlength=len(block.sessions))
        self.places[:, 0] = (block.open_cost / np.maximum(seats, 1))[block.window_session]
        self.previous = self.places
        shapes = (1, block.places.shape[1]), (len(block.sessions), block.places.shape[1])
        self.gain, self.side = [np.ones(shape) for shape in shapes], [np.zeros(shape) for shape in shapes]
        self.dearest = float(block.penalty.max(initial=0))  # nobody pays more than being left out
        self.entries = Entries(len(block.sessions), self.reach, self.size, self.dearest)
        self.wish: Singles = np.zeros_like(self.entries.prices)  # of each pair: logarithm of the share that comes
        self.entered: Singles = np.zeros_like(self.entries.prices)  # of each pair: people who come
        self.crews = np.zeros((len(self.ceiling), absence.points))
        self.openings = np.ones(len(block.sessions))
        self.steps, self.refused, self.lifting = 0, 0.0, True

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
        """How many people of each way each window is asked for; a buffer that the next call reuses."""
        reach, weight, colder = self.reach, self.weight, np.float32(1 / heat)
        places = self.places.astype(np.float32)
        least, mass = np.empty(len(reach.way_row), np.float32), np.empty(len(reach.way_row), np.float32)
        for turn in reach.turns:  # a session at a time stays in the processor's cache
            own, ways = turn.of(weight), turn.ways
            np.matmul(places[turn.windows], reach.uses[:, ways], out=own)
            own += turn.of(reach.cost)
            own += turn.of(self.crew_charge)
            least[ways] = own.min(axis=0)
            np.subtract(least[ways], own, out=own)
            own *= colder
            np.exp(own, out=own)
            mass[ways] = own.sum(axis=0)
        wish: Singles = (least - np.float32(heat) * np.log(mass)).astype(np.float32)[reach.pair_way]
        wish += reach.pair_cost
        wish += self.entries.prices
        cheapest: Singles = np.full(len(self.size), BLOCKED, dtype=np.float32)
        np.minimum.at(cheapest, reach.pair_class, wish)
        floor = np.minimum(cheapest, self.penalty)
        np.subtract(floor[reach.pair_class], wish, out=wish)
        wish *= colder
        refusing = np.exp((floor - self.penalty) * colder)
        everybody = np.bincount(reach.pair_class, np.exp(wish), len(self.size)) + refusing
        self.refused = float((refusing / everybody * self.size)[cheapest < BLOCKED / 2].sum())
        wish -= np.log(everybody).astype(np.float32)[reach.pair_class]
        self.wish = wish
        self.entered = np.exp(wish)
        self.entered *= self.entries.size
        asked = np.add.reduceat(self.entered, reach.edges) / mass
        for turn in reach.turns:
            own = turn.of(weight)
            own *= asked[turn.ways]
        return weight

    def _follow(self, load: Singles, heat: float) -> None:
        """Move place and entry prices towards supply = demand, and the openings with them."""
        block, entries = self.block, self.entries
        session = block.window_session
        use, supply = self.arrivals(load), block.places.astype(np.float64)
        lift = self._lift(use, supply * self.openings[session][:, None], heat) if self.lifting else 0.0

        def moved(opening: Floats) -> Floats:
            ratio = use / np.maximum(supply * opening[session][:, None], 0.3)
            pull = np.clip(np.log(np.maximum(ratio, 1e-3)), -2, 2)
            return np.clip(self.places + lift + STEP * heat * pull, 0, self.dearest)

        full = moved(self.upper)
        whole = np.where(entries.asked, self.upper, 1)
        worth = self._per_session(full * supply) + entries.brought(entries.moved(self.wish, whole, heat), entries.size)
        short = (self.lower < self.upper) & (worth < block.open_cost)
        rent = self._per_session(self.places * supply) + entries.worth()
        paid = self._per_session(self.places * use) + entries.brought(entries.prices, self.entered)
        self.openings = np.where(short, np.clip(paid / np.maximum(rent, 1), 0.01, 1), self.upper)
        partly = moved(self.openings)
        shares = entries.moved(self.wish, np.where(short | entries.asked, self.openings, 1), heat)
        rent = self._per_session(partly * supply) + entries.brought(shares, entries.size)
        scale = np.where(short & (rent > 0), block.open_cost / np.maximum(rent, 1), 1)
        shares *= scale.astype(np.float32)[self.reach.pair_session]
        entries.take(shares)
        target = np.where(short[session][:, None], partly * scale[session][:, None], full)
        self.places = np.maximum(0, target + MOMENTUM * (target - self.previous)) if self.steps else target
        self.previous = target

    def arrivals(self, load: Singles) -> Floats:
        """How many need each resource in each window."""
        use = np.empty(self.block.places.shape)
        for turn in self.reach.turns:
            use[turn.windows] = turn.of(load) @ self.reach.uses[:, turn.ways].T
        return use

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
        asked = np.flatnonzero(load > HARDLY)
        size, reach = len(self.ceiling) * width, self.reach
        leaving = np.bincount(reach.leave_at[asked], load[asked], size)
        change = leaving - np.bincount(reach.back_at[asked], load[asked], size)
        away = np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]
        ratio = np.log(np.maximum(away / np.maximum(self.ceiling, 0.3), 1e-3))
        self.crews = np.maximum(0, self.crews + CREW_STEP * heat * np.clip(ratio, -2, 2))
        before = np.zeros((len(self.ceiling), width), dtype=np.float32)
        np.cumsum(self.crews, axis=1, out=before[:, 1:])
        flat_before = before.ravel()
        np.take(flat_before, reach.back_at, out=self.crew_charge, mode="clip")
        self.crew_charge -= np.take(flat_before, reach.leave_at, mode="clip")

    def fork(self) -> "Market":
        """A market that goes its own way from here."""
        twin = copy.copy(self)
        twin.weight, twin.crew_charge = np.empty_like(self.weight), self.crew_charge.copy()
        twin.lower, twin.upper = self.lower.copy(), self.upper.copy()
        twin.entries = self.entries.copy()
        twin.gain, twin.side = list(self.gain), list(self.side)
        return twin

    def learn(self, places: Floats) -> None:
        """Take over prices that know what is scarce; nothing is lifted from now on, which would unlearn them."""
        self.places = self.previous = places
        self.lifting = False

    def settle_openings(self, steps: int, heat: float, until: float = np.inf) -> None:
        """Fix session after session, the clearest first, and let prices answer, until all are open or closed.

        From an instant of the machine's monotonic clock on all that are left at once.
        """
        while (free := np.flatnonzero(self.lower < self.upper)).size:
            if time.monotonic() > until:
                self.settle_at_once()
                return
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
        reach, load = self.reach, self.spread(heat)
        wanted = np.zeros((reach.rows, len(self.block.window_at)))
        for turn in reach.turns:
            wanted[reach.way_row[turn.ways], turn.windows] = turn.of(load).T
        row_of = np.empty(len(reach.row), dtype=np.int64)
        row_of[reach.order] = reach.row
        return wanted, row_of

    def prices(self) -> Prices:
        """The present prices, per line."""
        lines = self.crews if self.by_line else self.crews[self.block.line_place]
        if not self.entries.asked.any():
            return Prices.of(self.places, lines)
        shares = np.zeros((len(self.block.size), len(self.block.sessions)))
        shares[self.reach.order[self.reach.pair_class], self.reach.pair_session] = self.entries.prices
        return Prices.of(self.places, lines, shares)


def scarcity_market(block: Block, absence: Absence, steps: int, cold: float) -> Market:
    """A market whose prices come down from penalties rather than up from nothing: where people must stay out.

    There each window finds its own price: what is lifted together hides that only some windows of a desk are scarce.
    """
    market = Market(block, absence, by_line=False)
    market.lifting = False
    hot = min(SCORCHING, float(block.penalty.min(initial=int(4 * SCORCHING))) / 4)
    market.run(steps, hot or cold, cold)  # people may be worth nothing
    return market
