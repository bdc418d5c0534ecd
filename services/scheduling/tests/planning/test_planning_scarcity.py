"""What somebody must stay out for is dear at once, and proves no more than the cheapest plan costs."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scheduling.planning import blocks, classes, pricing, scarcity
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market, scarcity_market
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Rules
from scheduling.planning.model import Instance
from scheduling.planning.openings import Outcome
from scheduling.planning.outlook import Outlook

sys.path.insert(0, str(Path(__file__).parent))
from exact import cheapest_total
from generator import SHAPES, generate

SECONDS = 30.0


def the_whole(instance: Instance) -> tuple[Block, Absence]:
    """Everybody and all sessions as one block."""
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    block = blocks.build(rules, demand, np.arange(len(demand.size)), np.arange(len(instance.sessions)))
    return block, Absence(rules, block)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    shape=st.sampled_from(("communes", "scarce", "gynaecology", "audiometry")),
    slack=st.sampled_from((0.6, 0.9, 1.4)),
)
def test_dear_prices_prove_no_more_than_an_exact_program(seed: int, shape: str, slack: float) -> None:
    tiny = replace(SHAPES[shape], people=(2, 8), per_site=15, seats=2, days=12, slack=slack, spread=30)
    instance = generate(tiny, 40, seed)
    block, absence = the_whole(instance)
    assume(len(block.window_at))
    market = scarcity_market(block, absence, 40, 2.0)

    found = scarcity.sharpen(market, pricing.visit_costs(block), time.monotonic() + SECONDS)

    optimum = cheapest_total(instance)
    assert pricing.proved(block, absence, market.prices()) <= optimum + 1e-6
    if found:
        assert found.bound == pytest.approx(pricing.proved(block, absence, found.prices))
        assert found.bound <= optimum + 1e-6


@pytest.mark.parametrize(
    ("shape", "slack", "seed"),
    [("audiometry", 0.8, 3), ("scarce", 1.1, 3), ("individuals", 1.1, 1), ("gynaecology", 1.6, 3)],
)
def test_a_few_windows_that_too_many_need_are_found_dear_from_a_market_that_does_not_know_it(
    shape: str, slack: float, seed: int
) -> None:
    block, absence = the_whole(generate(replace(SHAPES[shape], slack=slack), 800, seed))
    market = Market(block, absence, by_line=False)
    market.run(40, 20.0, 1.0)
    unaware = pricing.proved(block, absence, market.prices())

    found = scarcity.sharpen(market, pricing.visit_costs(block), time.monotonic() + SECONDS)

    assert found is not None
    assert found.bound > unaware + 5 * block.size.sum()
    assert pricing.proved(block, absence, market.prices()) > unaware + 5 * block.size.sum()
    assert (block.costs(found.classes, found.windows) < FORBIDDEN).all()
    taken = np.bincount(found.classes, found.amounts, len(block.size))
    assert taken.sum() > 0
    assert (taken <= block.size).all()


def test_out_of_time_a_market_learns_nothing() -> None:
    block, absence = the_whole(generate(SHAPES["scarce"], 300, 1))
    market = scarcity_market(block, absence, 20, 2.0)
    before = market.places

    found = scarcity.sharpen(market, pricing.visit_costs(block), time.monotonic())

    assert found is None
    assert market.places is before


def test_who_is_away_from_the_lines_of_a_place_is_who_is_away_from_the_place() -> None:
    block, absence = the_whole(generate(SHAPES["mountains"], 600, 2))
    market = Market(block, absence, by_line=False)
    market.run(30, 20.0, 1.0)
    load, reach, width = market.spread(1.0), market.reach, absence.points + 1

    found = scarcity.away(market, load)

    change = np.bincount(reach.leave_at, load, len(block.place_key) * width)
    change -= np.bincount(reach.back_at, load, len(block.place_key) * width)
    of_place = np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]
    together = np.zeros(of_place.shape)
    np.add.at(together, block.line_place, found)
    assert of_place.max() > 1
    assert together == pytest.approx(of_place, abs=0.05)


@pytest.mark.parametrize(("slack", "seed", "proves_more"), [(5.0, 2, False), (1.5, 1, True)])
def test_prices_come_down_from_penalties_only_where_that_proves_more(
    slack: float, seed: int, proves_more: bool
) -> None:
    block, absence = the_whole(generate(replace(SHAPES["park"], slack=slack), 300, seed))
    outcome = Outcome()
    seen = Outlook(block, absence, pricing.visit_costs(block), outcome, time.monotonic() + SECONDS)
    seen.free.run(40, 20.0, 1.0)
    seen.prove(seen.free.prices())
    upwards, before = seen.free, outcome.bound

    assert seen.descend() is proves_more

    assert (outcome.bound > before) is proves_more
    assert (seen.free is not upwards) is proves_more
