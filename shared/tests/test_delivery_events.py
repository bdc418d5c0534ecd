"""What the kernel announces about messages that could not be taken is what its readers know from the contracts."""

import pytest

from contracts import deliveries
from shared.dead_letters import delivery_events


@pytest.mark.parametrize("service", deliveries.SERVICES)
@pytest.mark.parametrize("turn", ["parked", "replayed", "discarded"])
def test_a_service_announces_its_dead_letters_in_the_words_of_the_contracts(service: str, turn: str) -> None:
    promised = getattr(deliveries, turn)(service)

    announced = getattr(delivery_events(service), turn)

    assert announced.entry == promised.entry
    assert announced.model_json_schema()["properties"] == promised.model_json_schema()["properties"]
