"""A real PostgreSQL and a real Kafka for one test run, from wherever they can be had."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from khamdoan import places, stack
from khamdoan.processes import Nursery
from khamdoan.testing import containers


@dataclass(frozen=True)
class Servers:
    """`database_url` is a superuser's, who may create databases; `kafka` is the bootstrap address."""

    database_url: str
    kafka: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which other processes find these servers."""
        return {"DATABASE_URL": self.database_url, "KAFKA_BOOTSTRAP_SERVERS": self.kafka}


@contextlib.contextmanager
def running() -> Iterator[Servers]:
    """Servers for as long as the block runs; those we started ourselves are gone afterwards."""
    if given := from_environment():
        yield given
    elif containers.docker_answers():
        with containers.running() as (database_url, kafka):
            yield Servers(database_url, kafka)
    else:
        with embedded() as started:
            yield started


def from_environment() -> Servers | None:
    """The servers that DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS name, if both are set."""
    database_url, kafka = os.environ.get("DATABASE_URL"), os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return Servers(database_url, kafka) if database_url and kafka else None


@contextlib.contextmanager
def embedded() -> Iterator[Servers]:
    """A stack of its own on free ports in a temporary folder, of which nothing is left afterwards."""
    data = Path(tempfile.mkdtemp(prefix="khamdoan-"))
    data.chmod(0o711)  # as root, PostgreSQL's account must be able to walk in
    with contextlib.ExitStack() as at_end:
        at_end.callback(places.discard, places.of(data))
        installed = stack.install(data, throwaway=True)
        nursery = Nursery(installed.places.logs)
        at_end.callback(nursery.close)
        at_end.callback(stack.stop, stack.start(installed, nursery, tracing=False))
        yield Servers(installed.postgres.url, installed.kafka.bootstrap_servers)
