"""What each service is told before it starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from khamdoan import places, services, stack

pytestmark = pytest.mark.stack


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A stack's folder, and what the stack keeps outside of it, removed afterwards."""
    yield tmp_path / "stack"
    places.discard(places.of(tmp_path / "stack"))


@pytest.fixture
def configured(data: Path) -> services.Services:
    """The services of a stack that is installed but not running."""
    return services.configure(stack.install(data, throwaway=True))


def test_every_service_has_a_database_and_an_operations_port_of_its_own(configured: services.Services) -> None:
    for variable in ("DATABASE_URL", "OPERATIONS_PORT"):
        values = {told[variable] for told in configured.environments.values()}
        assert len(values) == len(services.NAMES)


def test_no_service_is_told_the_password_of_another(configured: services.Services) -> None:
    urls = [told["DATABASE_URL"] for told in configured.environments.values()]

    passwords = {url.split("@")[0].rpartition(":")[2] for url in urls}

    assert len(passwords) == len(services.NAMES)


def test_the_gateway_asks_registry_for_names_where_registry_answers(configured: services.Services) -> None:
    asked = configured.environments["gateway"]["REGISTRY_IDENTITY_URL"]
    answering = configured.environments["registry"]["IDENTITY_PORT"]

    assert asked.endswith(f":{answering}")


def test_settings_survive_the_next_start(data: Path) -> None:
    first = services.configure(stack.install(data, throwaway=True))

    second = services.configure(stack.install(data, throwaway=True))

    assert second == first
