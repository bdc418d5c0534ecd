"""The servers of one machine: PostgreSQL, Kafka, and Zipkin with its bridge."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from khamdoan import artefacts, java, kafka, passwords, places, ports
from khamdoan.kafka import Kafka
from khamdoan.places import Places
from khamdoan.postgres import Postgres
from khamdoan.processes import Child, Nursery, Program
from khamdoan.zipkin import Zipkin

AFTER_A_CRASH = 15  # seconds a predecessor's orphans may need to leave their ports
ATTEMPTS = 4  # a killed PostgreSQL's back ends may hold its memory for a moment


@dataclass(frozen=True)
class Server:
    """One program of the stack and how it says that it is ready."""

    program: Program
    ready: Callable[[Child], bool]

    def start(self, nursery: Nursery) -> Child:
        """Start it, without waiting."""
        return nursery.spawn(self.program)


@dataclass(frozen=True)
class Stack:
    """The servers, installed and configured but not running."""

    places: Places
    ports: dict[str, int]
    postgres: Postgres
    kafka: Kafka
    zipkin: Zipkin
    throwaway: bool = False
    usual_ports: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """What a client of these servers needs to know; the database URL is the superuser's."""
        return {
            "DATABASE_URL": self.postgres.url,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.zipkin.otlp_endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "ZIPKIN_URL": self.zipkin.url,
        }

    def servers(self, *, tracing: bool = True) -> list[Server]:
        """In the order of starting; they are stopped in the opposite one."""
        storage = [
            Server(self.postgres.program(), self.postgres.ready),
            Server(self.kafka.program(), kafka.ready),
        ]
        traces = [
            Server(self.zipkin.program(), lambda _: self.zipkin.ready()),
            Server(self.zipkin.bridge_program(), lambda _: self.zipkin.bridge_ready()),
        ]
        return [*storage, *traces] if tracing else storage


def install(data: Path, *, throwaway: bool = False) -> Stack:
    """Download what is missing and settle ports and passwords.

    A throw-away stack leaves the usual ports to others and does not insist on reaching the disk.
    """
    where = places.of(data)
    where.prepare()
    jre = java.find()
    programs = artefacts.fetch(where.cache, where.postgres_programs, jre)
    usual = not throwaway and ports.claim_usual(where.cache)
    chosen = ports.choose(where.ports, ports.SERVERS, usual=usual)
    secret = passwords.password(where.passwords, "postgres")
    stack = Stack(
        places=where,
        ports=chosen,
        postgres=Postgres(programs.postgres, where.postgres, chosen["postgres"], secret, not throwaway),
        kafka=Kafka(jre, programs.kafka_jars, where.kafka, chosen["kafka"], chosen["controller"]),
        zipkin=Zipkin(jre, programs.zipkin_jar, chosen["zipkin"], chosen["otlp"]),
        throwaway=throwaway,
        usual_ports=usual,
    )
    kafka.train(stack.kafka, where.logs)
    return stack


def initialise(stack: Stack, nursery: Nursery) -> None:
    """Create the database cluster and format Kafka's storage where that has not been done; both at once."""
    stack.kafka.configure()
    creating = None if stack.postgres.initialised else nursery.spawn(stack.postgres.init_program())
    formatting = None if stack.kafka.formatted else nursery.spawn(stack.kafka.format_program())
    if creating is not None:
        creating.finish()
        stack.postgres.finish_init()
    if formatting is not None:
        formatting.finish()


def require_free_ports(stack: Stack) -> None:
    """Raise if a server's port is held by somebody else."""
    ports.require_free(stack.ports, stack.places.ports, patience=AFTER_A_CRASH)


def start(stack: Stack, nursery: Nursery, *, tracing: bool = True) -> list[Child]:
    """Start every server and wait until all are ready; what runs already is stopped if one fails."""
    require_free_ports(stack)
    initialise(stack, nursery)
    servers = stack.servers(tracing=tracing)
    children = [server.start(nursery) for server in servers]
    try:
        for number, server in enumerate(servers):
            children[number] = await_ready(server, children[number], nursery)
    except BaseException:
        stop(children)
        raise
    return children


def await_ready(server: Server, child: Child, nursery: Nursery) -> Child:
    """Wait for one server; one that ends at once is started again, because a crash may have left it obstacles."""
    for _ in range(ATTEMPTS):
        if child.came_up(server.ready):
            return child
        time.sleep(1)
        child = server.start(nursery)
    child.wait_until(server.ready)
    return child


def stop(children: list[Child]) -> None:
    """Stop servers, the last started first."""
    for child in reversed(children):
        child.stop()
