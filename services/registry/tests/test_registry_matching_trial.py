"""A labelled population on two waves of rosters: nobody is joined to another, and hardly anybody is overlooked."""

import matching_trial
import pytest
from matching_population import Noise, Population
from registry_builders import Register

pytestmark = pytest.mark.stack

QUIET = Noise(**dict.fromkeys(Noise.__slots__, 0.0))


@pytest.mark.slow
async def test_two_thousand_people_come_back_under_noise(register: Register) -> None:
    population = Population(people=2_000, strangers=200, noise=Noise(wrong_digit=3, letter=4, wrong_birth=3))

    outcome = await matching_trial.run(register.database, register.vault, population)

    assert (outcome.rows, outcome.refused, outcome.joined_wrongly) == (2_200, 0, 0)
    assert outcome.joined + outcome.known_in_queue + outcome.lost == 2_000
    assert outcome.lost <= 4
    assert outcome.queue_precision >= 0.9


async def test_without_noise_everybody_comes_back_and_nobody_is_doubted(register: Register) -> None:
    population = Population(people=300, strangers=30, noise=QUIET)

    outcome = await matching_trial.run(register.database, register.vault, population)

    assert (outcome.joined, outcome.joined_wrongly, outcome.lost, outcome.queue) == (300, 0, 0, 0)


def test_the_same_seed_makes_the_same_population() -> None:
    assert Population(200, 20).second == Population(200, 20).second
    assert Population(200, 20, seed=2).second != Population(200, 20).second
