"""What places are worth along chains of people who could make room, on blocks whose cheapest plan is known."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from scheduling.planning import chains, pricing
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market
from scheduling.planning.blocks import Block
from scheduling.planning.drafting import Draft
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.pricing import Floats, Prices

sys.path.insert(0, str(Path(__file__).parent))
from test_planning_prices import a_block, cheapest

SECONDS = 5.0


def seated(block: Block, absence: Absence) -> tuple[Ledger, Prices, Floats]:
    """A seating in all sessions at a market's prices, those prices, and what every visit costs at them."""
    market = Market(block, absence, by_line=False)
    market.run(60, 20.0, 1.0)
    prices = market.prices()
    priced = pricing.visit_costs(block) + pricing.charges(block, absence, prices)
    ledger = Ledger(block, absence)
    seat_by_prices(ledger, priced, *market.seats(1.0))
    insert_waiting(ledger)
    return ledger, prices, priced


@pytest.mark.parametrize("shape", ["communes", "park", "mountains", "gynaecology", "audiometry"])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_seats_are_worth_proves_no_more_than_the_cheapest_plan(shape: str, seed: int) -> None:
    block, absence = a_block(shape, 200, seed, 0.9)
    ledger, known, priced = seated(block, absence)
    before = ledger.cost()

    better, prices = chains.foresee(ledger, known, priced, SECONDS)

    assert pricing.proved(block, absence, prices) <= cheapest(block, absence)
    assert better.cost() <= before


@pytest.mark.parametrize(("shape", "seed"), [("park", 1), ("audiometry", 2)])
def test_who_must_stay_out_is_seen_where_a_market_hardly_sees_it(shape: str, seed: int) -> None:
    block, absence = a_block(shape, 250, seed, 1.0)
    ledger, known, priced = seated(block, absence)
    assert ledger.waiting.any()

    _, prices = chains.foresee(ledger, known, priced, SECONDS)

    least = cheapest(block, absence)
    assert least - pricing.proved(block, absence, prices) < 0.8 * (least - pricing.proved(block, absence, known))


def test_a_free_place_is_worth_nothing_and_a_full_one_what_its_readiest_holder_would_lose() -> None:
    block, absence = a_block("communes", 250, 1, 1.3)
    ledger, _, _ = seated(block, absence)

    found = chains.Chains(ledger)

    assert not found.prices.places[ledger.left > 0].any()
    assert not found.prices.lines[ledger.away < absence.ceiling].any()
    assert (found.worth <= block.penalty).all()
    assert np.isfinite(found.prices.places).all()


@pytest.mark.parametrize("shape", ["park", "audiometry"])
@pytest.mark.parametrize("slack", [0.8, 1.05])
def test_a_draft_that_foresees_who_stays_out_proves_no_more_than_the_cheapest_plan(shape: str, slack: float) -> None:
    block, absence = a_block(shape, 200, 3, slack)

    outcome = Draft(block, absence, time.monotonic() + 1.0).run()

    least = cheapest(block, absence)
    assert outcome.bound <= least <= outcome.cost
