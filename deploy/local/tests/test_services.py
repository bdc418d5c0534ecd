"""What each service is told before it starts."""

from pathlib import Path

import pytest

from khamdoan import services, stack

pytestmark = pytest.mark.stack


@pytest.fixture
def configured(tmp_path: Path) -> services.Services:
    """The services of a stack that is installed but not running."""
    return services.configure(stack.install(tmp_path, throwaway=True))


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


def test_settings_survive_the_next_start(tmp_path: Path) -> None:
    first = services.configure(stack.install(tmp_path, throwaway=True))

    second = services.configure(stack.install(tmp_path, throwaway=True))

    assert second == first
