"""What prices and limits on the number of sessions prove, on blocks whose cheapest plan is known."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scheduling.planning import blocks, classes, components, entries, pricing, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.drafting import Draft
from scheduling.planning.eligibility import Rules
from scheduling.planning.flow import Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import Outcome, Search
from scheduling.planning.weighing import Weighing

sys.path.insert(0, str(Path(__file__).parent))
from generator import SHAPES, generate

SECONDS = 30.0


def a_block(shape: str, people: int, seed: int, slack: float | None = None) -> tuple[Block, Absence]:
    """The largest component of an instance; `slack`: seats offered per worker."""
    instance = generate(replace(SHAPES[shape], slack=slack or SHAPES[shape].slack), people, seed)
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    part = components.split(rules, demand)[-1]
    block = blocks.build(rules, demand, part.classes, part.sessions)
    return block, Absence(rules, block)


def cheapest(block: Block, absence: Absence) -> float:
    outcome = Weighing(block, absence, time.monotonic() + SECONDS).run()
    assert outcome.bound > outcome.cost - 1
    return outcome.cost


def dear_plan(block: Block, absence: Absence) -> Ledger:
    ledger = Ledger(block, absence)
    insert_waiting(ledger)
    return ledger


def proved(block: Block, absence: Absence) -> tuple[float, Market]:
    market = Market(block, absence, by_line=False)
    market.run(80, 20.0, 1.0)
    prices = market.prices()
    closed, cheapest = np.zeros(len(block.sessions)), pricing.cheapest(block, absence, prices)
    return pricing.bound(block, absence, prices, cheapest, closed, closed + 1), market


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_of_getting_in_prove_more_and_never_too_much(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    block, absence = a_block("communes", 250, seed)
    bound, market = proved(block, absence)
    monkeypatch.setattr(entries, "STEP", 0.0)

    without, _ = proved(block, absence)

    assert without < bound <= cheapest(block, absence)
    assert market.prices().shares is not None


def test_a_market_that_goes_its_own_way_leaves_the_first_as_it_was() -> None:
    block, absence = a_block("communes", 250, 1)
    _, market = proved(block, absence)
    before = market.prices()

    twin = market.fork()
    twin.settle_openings(4, 1.0)
    twin.run(10, 1.0, 0.5)

    after = market.prices()
    assert set(twin.upper) <= {0.0, 1.0}
    assert (market.lower == 0).all()
    assert (market.upper == 1).all()
    assert (before.places == after.places).all()
    assert before.shares is not None
    assert after.shares is not None
    assert (before.shares == after.shares).all()


def test_out_of_time_openings_are_settled_as_they_stand() -> None:
    block, absence = a_block("communes", 250, 1)
    _, market = proved(block, absence)

    market.settle_at_once()

    assert (market.lower == market.upper).all()
    assert set(market.lower) <= {0.0, 1.0}


@pytest.mark.parametrize("seed", [1, 2])
def test_no_number_of_sessions_is_bounded_above_what_its_program_costs(seed: int) -> None:
    block, absence = a_block("communes", 250, seed)
    relaxation = Relaxation(block, absence, sharing=True)
    every = relaxation.count(np.arange(len(block.sessions)))
    free, bounds = (np.zeros(len(block.sessions)), np.ones(len(block.sessions))), []

    for number in range(len(block.sessions) + 1):
        relaxation.limit(*free, {every: (number, number)})
        solution = relaxation.optimise()
        assert solution.openings.sum() == pytest.approx(number, abs=1e-4)
        assert solution.bound <= solution.value + 1e-3
        bounds.append(solution.bound)

    assert min(bounds) <= cheapest(block, absence)
    relaxation.limit(*free)
    assert relaxation.optimise().value <= min(bounds) + 1e-3


@pytest.mark.parametrize("shape", ["communes", "scarce"])
def test_a_search_over_openings_proves_what_weighing_all_sets_does(shape: str) -> None:
    block, absence = a_block(shape, 120, 3)
    outcome = Outcome()

    Search(Relaxation(block, absence), time.monotonic() + SECONDS, outcome).run()

    best = cheapest(block, absence)
    assert outcome.bound <= best <= outcome.cost
    assert outcome.cost - outcome.bound <= 1 * block.size.sum()


def test_what_too_few_sessions_would_cost_is_no_bound_when_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    block, absence = a_block("communes", 250, 1)
    relaxation, optimise = Relaxation(block, absence), Relaxation.optimise

    def out_of_time(self: Relaxation, *args: float, **limits: float) -> Solution:
        found = optimise(self, *args, **limits)  # type: ignore[arg-type]
        if self.counts:
            raise TimeoutError
        return found

    outcome = Outcome(dear_plan(block, absence))
    monkeypatch.setattr(Relaxation, "optimise", out_of_time)
    Search(relaxation, time.monotonic() + SECONDS, outcome).run()
    monkeypatch.undo()

    assert outcome.bound <= cheapest(block, absence)


def test_a_market_asks_every_class_only_where_it_may_go_and_seats_everybody_who_is_not_turned_away() -> None:
    block, absence = a_block("mountains", 600, 4)
    allowed = pricing.visit_costs(block) < FORBIDDEN
    market = Market(block, absence, by_line=False)
    market.run(30, 20.0, 1.0)

    wanted, row_of = market.seats(1.0)

    in_row = np.zeros(wanted.shape, dtype=np.bool_)
    np.logical_or.at(in_row, row_of, allowed)
    assert in_row.mean() < 0.9
    assert (wanted[~in_row] == 0).all()
    able = block.size[allowed.any(axis=1)].sum()
    assert wanted.sum() + market.refused == pytest.approx(able, rel=1e-4)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_cheapest_visit_is_that_of_the_table_of_all_visits(seed: int) -> None:
    block, absence = a_block("mountains", 500, seed)
    market = Market(block, absence, by_line=True)
    market.run(40, 20.0, 1.0)
    prices = market.prices()
    dice = np.random.default_rng(seed)
    seat = np.where(dice.random(len(block.size)) < 0.3, dice.integers(0, len(block.window_at), len(block.size)), -1)
    held = dice.random(len(block.window_at)) < 0.2
    seated = replace(block, seat=seat, move=150, windows=replace(block.windows, held=held))

    for some in (block, seated):
        table = pricing.visit_costs(some) + pricing.charges(some, absence, prices)
        least = np.minimum(table.min(axis=1), FORBIDDEN)

        assert prices.lines.any()
        assert np.array_equal(np.minimum(pricing.cheapest(some, absence, prices), FORBIDDEN), least)


def test_a_session_that_nobody_can_come_to_is_no_hindrance() -> None:
    block, absence = a_block("communes", 250, 1)
    closed = block.window_session == block.window_session[0]
    empty = replace(block, kind_cost=np.where(closed, FORBIDDEN, block.kind_cost))

    bound, market = proved(empty, absence)

    assert bound > proved(block, absence)[0]
    assert market.seats(1.0)[0][:, closed].sum() == 0


def test_room_is_made_for_those_whom_prices_alone_left_waiting() -> None:
    block, absence = a_block("individuals", 900, 1, slack=1.1)
    draft = Draft(block, absence, time.monotonic() + SECONDS)
    draft.outlook.free.run(40, 20.0, 1.0)
    seated = Ledger(block, absence)
    seat_by_prices(seated, draft.outlook.priced(draft.outlook.free, np.ones(len(block.sessions))))
    before = draft.keep(seated)

    draft.make_room()

    after = draft.best
    assert after.waiting.sum() < before.waiting.sum()
    assert after.cost() < before.cost()
    assert (after.left >= 0).all()
    assert (after.away <= absence.ceiling).all()


@pytest.mark.parametrize("shape", ["communes", "scarce"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_program_found_scarce_proves_no_more_than_the_cheapest_plan(shape: str, seed: int) -> None:
    block, absence = a_block(shape, 250, seed)
    draft = Draft(block, absence, time.monotonic() + SECONDS, two_hands=True)
    draft.plan(draft.outlook.settled())
    assert draft.outlook.program is not None
    market = draft.outlook.free.prices()
    known = draft.outlook.known(draft.outlook.free)

    draft.outlook.cool()

    found, opened = draft.outlook.program
    differing = np.abs(found.lines - market.lines) > 50
    assert (known.lines[differing] == found.lines[differing]).all()
    assert (known.lines[~differing] == market.lines[~differing]).all()
    assert (known.places == market.places)[(opened < 0.5)[block.window_session]].all()
    assert draft.outcome.bound <= cheapest(block, absence) <= draft.best.cost()


def test_as_many_sessions_open_as_their_parts_come_to() -> None:
    block, absence = a_block("communes", 250, 1)
    relaxation = Relaxation(block, absence)
    parts = relaxation.optimise().openings

    opened = rounding.rounded(parts)

    assert opened.sum() >= parts.sum() - 1e-2
    assert opened.sum() <= max(np.ceil(parts.sum()), (parts > 0.5).sum())
    assert parts[opened > 0].min() >= parts[opened == 0].max(initial=0)


@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5])
def test_whoever_sits_in_a_session_that_closes_finds_a_seat_in_one_that_opens(seed: int) -> None:
    block, absence = a_block("communes", 250, seed)
    relaxation = Relaxation(block, absence)
    solution = relaxation.optimise()

    state = rounding.settle(relaxation, solution, SECONDS, saving=True)

    assert ((state.visits > 0) <= rounding.rounded(solution.openings)).all()
    assert state.waiting.sum() == solution.left_out.sum() == 0
    assert state.cost() >= cheapest(block, absence)
