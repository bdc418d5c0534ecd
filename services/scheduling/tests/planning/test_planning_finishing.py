"""What the search leaves open on a small block, an integer program closes."""

import sys
import time
from pathlib import Path

import pytest

from scheduling.planning import blocks, classes, components
from scheduling.planning.absence import Absence
from scheduling.planning.eligibility import Rules
from scheduling.planning.finishing import finish
from scheduling.planning.flow import Relaxation
from scheduling.planning.openings import Outcome, Search

sys.path.insert(0, str(Path(__file__).parent))
from generator import SHAPES, generate

SECONDS = 30.0


def a_dive(people: int, seed: int) -> tuple[Relaxation, Outcome]:
    """A small block and what a first dive finds for it."""
    instance = generate(SHAPES["communes"], people, seed)
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    part = components.split(rules, demand)[-1]
    block = blocks.build(rules, demand, part.classes, part.sessions)
    relaxation = Relaxation(block, Absence(rules, block), sharing=True)
    return relaxation, Search(relaxation, time.monotonic() + SECONDS, Outcome()).dive()


@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_the_gap_of_a_first_dive_is_closed(seed: int) -> None:
    relaxation, outcome = a_dive(120, seed)
    cost, bound = outcome.cost, outcome.bound
    assert cost - bound > relaxation.block.size.sum()  # else there is nothing to close

    finish(relaxation, outcome, time.monotonic() + SECONDS)

    assert outcome.ledger is not None
    assert outcome.cost == outcome.ledger.cost()
    assert bound <= outcome.bound <= outcome.cost <= cost
    assert outcome.cost - outcome.bound < 0.1 * relaxation.block.size.sum()


def test_without_time_left_everything_stays() -> None:
    relaxation, outcome = a_dive(120, 2)
    before = outcome.ledger, outcome.cost, outcome.bound

    finish(relaxation, outcome, time.monotonic())

    assert (outcome.ledger, outcome.cost, outcome.bound) == before
