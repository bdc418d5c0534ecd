"""What the kernel announces about messages that could not be taken is what its readers know from the contracts."""

import pytest

from contracts import deliveries
from contracts.catalogue import BY_TYPE


@pytest.mark.parametrize("service", deliveries.SERVICES)
@pytest.mark.parametrize("turn", ["parked", "replayed", "discarded"])
def test_a_service_announces_its_dead_letters_in_the_words_of_the_contracts(service: str, turn: str) -> None:
    announced = getattr(deliveries.of(service), turn)

    assert announced.entry.topic == f"{service}.deliveries"
    assert BY_TYPE[f"vn.khamdoan.{service}.delivery.{turn}.v1"] is announced
