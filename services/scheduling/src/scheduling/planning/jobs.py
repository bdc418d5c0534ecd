"""A piece of a plan on its way: who and which sessions, and the best that was found for it so far."""

from dataclasses import dataclass

from scheduling.planning.blocks import Block
from scheduling.planning.bounds import Board
from scheduling.planning.eligibility import Ints
from scheduling.planning.piecework import Finding, Standing
from scheduling.planning.seats import Seats
from scheduling.planning.tally import Tally
from scheduling.planning.weighing import Weighed


@dataclass(eq=False, slots=True)
class Job:
    """A component, or a piece of one that was cut (then with its number and a board), and what was found for it."""

    classes: Ints
    sessions: Ints
    people: float
    board: Board | None
    number: int
    seats: Seats
    cost: int
    bound: float = 0.0
    seconds: float = 0.0
    past: Weighed | None = None  # what its search knew; not of pieces with a board, whose people change

    def gap(self) -> float:
        """How much dearer than the bound: its own, or its part of the joint one."""
        if self.board is None:
            return self.cost - self.bound
        return self.cost - self.board.proved[self.number] + self.board.loss(self.number)

    def enter(self, tally: Tally, block: Block, found: Finding) -> None:
        """What was found becomes part of the plan, in place of what it had."""
        bound = self.bound
        if self.board:
            proves_more = self.board.post(self.number, block, found)
        else:
            proves_more, self.bound = found.bound > bound, max(found.bound, bound)
            self.past = found.past
        if proves_more:
            tally.note(block, found.prices)
        tally.bound += self.bound - bound
        self.take(tally, Seats.at(block, found.classes, found.windows, found.amounts), found.cost)

    def settle_for(self, tally: Tally, standing: Standing) -> None:
        """What its first turn had found when it was broken off becomes part of the plan."""
        if self.board is None:
            tally.bound += standing.bound
        self.take(tally, standing.seats, standing.cost)

    def take(self, tally: Tally, seats: Seats, cost: int) -> None:
        """Its people sit here now."""
        tally.seat(self.seats, -1)
        tally.seat(seats)
        tally.add(cost - self.cost, 0.0)
        self.seats, self.cost = seats, cost
