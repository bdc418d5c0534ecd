"""What every test may ask for: real servers, one set per run, shared by all workers of a parallel run."""

import contextlib
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from khamdoan.testing import servers as test_servers
from khamdoan.testing.servers import Servers

pytest_plugins = ["shared.testing"]

# A machine that others keep busy is no fault of the code: a property fails by what it finds, never by how long it took.
settings.register_profile("house", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

WHILE_RUNNING = pytest.StashKey[contextlib.ExitStack]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """In a parallel run the controller starts the servers; its workers inherit their addresses as environment."""
    controls_workers = not hasattr(session.config, "workerinput") and session.config.getoption("numprocesses", None)
    if controls_workers and not session.config.option.collectonly:
        stack = session.config.stash[WHILE_RUNNING] = contextlib.ExitStack()
        os.environ.update(stack.enter_context(test_servers.running()).environment)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the controller started, after its workers have gone."""
    config.stash.get(WHILE_RUNNING, contextlib.ExitStack()).close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A real PostgreSQL and Kafka: `servers.database_url` (a superuser's) and `servers.kafka` (bootstrap)."""
    with test_servers.running() as running:
        yield running
