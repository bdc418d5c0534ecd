"""The five services as real processes on the test run's servers: started, killed on purpose, stopped."""

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from confluent_kafka.admin import AdminClient
from e2e_spans import Spans

from khamdoan import databases, places, ports, services, state, topics
from khamdoan.java import Java
from khamdoan.kafka import Kafka
from khamdoan.postgres import Postgres
from khamdoan.processes import Child, Nursery
from khamdoan.stack import Stack
from khamdoan.state import State
from khamdoan.testing.servers import Servers
from khamdoan.zipkin import Zipkin

READY_SECONDS = 180
GLANCE_SECONDS = 0.05
ENDED_SECONDS = 60


@dataclass
class House:
    """The services with databases, topics and ports of their own; spans come to `spans`."""

    servers: Servers
    folder: Path
    spans: Spans = field(default_factory=Spans)
    name: str = field(default_factory=lambda: f"house_{secrets.token_hex(4)}")
    children: dict[str, Child] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places = places.of(self.folder)
        self.places.prepare()
        self.stack = _borrowed(self.servers, self.places)
        chosen = ports.choose(self.places.ports, ports.SERVICES, usual=False)
        told = services.environments(self.stack, chosen)
        self.configured = services.Services(chosen, {name: told[name] | self._own(name) for name in services.NAMES})
        self.nursery = Nursery(self.places.logs)
        self.held = contextlib.ExitStack()

    def _own(self, name: str) -> services.Environment:
        return {
            "DATABASE_URL": self.database_url(name),
            "KAFKA_BOOTSTRAP_SERVERS": self.servers.kafka,
            "KAFKA_TOPIC_PREFIX": self.prefix,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.spans.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "DAYS": "simulated",
            "RELAY_LEASE_SECONDS": "3",  # how long a killed service's successor waits before it speaks
        }

    @property
    def prefix(self) -> str:
        """What every topic of this house begins with."""
        return f"{self.name}."

    @property
    def url(self) -> str:
        """The public edge."""
        return services.edge_url(self.configured)

    @property
    def secret(self) -> str:
        """What the development issuer of this house wants to be told."""
        return self.configured.environments["gateway"]["KHAMDOAN_DEV_SECRET"]

    @property
    def logs(self) -> list[Path]:
        """What the processes wrote."""
        return sorted(self.places.logs.glob("*.log"))

    def operations_url(self, service: str) -> str:
        """Where a service answers its operators."""
        return services.operations_url(self.configured, service)

    def database_url(self, service: str) -> str:
        """A service's own database, under its own role."""
        server, role = urlsplit(self.servers.database_url), self._role(service)
        address = f"{role}:{services.password_of(self.stack, service)}@{server.hostname}:{server.port}"
        return server._replace(netloc=address, path=f"/{role}").geturl()

    def start(self) -> None:
        """Databases, topics, processes; returns when all services are ready."""
        passwords = {self._role(name): services.password_of(self.stack, name) for name in services.NAMES}
        asyncio.run(databases.create(self.servers.database_url, passwords))
        asyncio.run(topics.create(self.servers.kafka, prefix=self.prefix))
        self.held.enter_context(state.held(self.folder))
        for program in services.programs(self.configured).values():
            self.children[program.name] = self.nursery.spawn(program)
        self.write_state()
        self.await_ready(*services.NAMES)

    def write_state(self) -> None:
        """Let the command `khamdoan --data FOLDER` find this house."""
        pids = {name: child.pid for name, child in self.children.items()}
        told = {name: dict(environment) for name, environment in self.configured.environments.items()}
        state.write(self.folder, State(os.getpid(), pids, dict(self.configured.ports), self.stack.environment, told))

    def await_ready(self, *names: str) -> None:
        """Wait until these services say that they are ready; one that ends before raises with its last lines."""
        deadline = time.monotonic() + READY_SECONDS
        for name in names:
            while not services.is_ready(self.configured, self.children[name]):
                if not self.children[name].alive or time.monotonic() > deadline:
                    raise self.children[name].failure("did not become ready")
                time.sleep(GLANCE_SECONDS)

    def kill(self, name: str) -> None:
        """SIGKILL a service, as a power cut would, and start it anew."""
        self.seen |= descendants(self.children[name].pid)
        self.children[name].process.kill()
        self.children[name].process.wait()
        self.children[name] = self.nursery.spawn(self.children[name].program)
        self.write_state()

    def alone(self, name: str, **told: str) -> tuple[int, str]:
        """Run a service beside the house with other settings until it ends; its exit status and what it said."""
        environment = {**self.configured.environments[name], "OPERATIONS_PORT": "0", "GATEWAY_PORT": "0", **told}
        program = services.programs(self.configured)[name]
        child = self.nursery.spawn(replace(program, name=f"{name}-alone", environment=environment))
        try:
            child.process.wait(READY_SECONDS)
        finally:
            child.stop()
        return child.process.returncode, child.said()

    def stop(self) -> None:
        """Let the services drain, then remove databases, roles and topics; raises if a process is left over."""
        for child in self.children.values():
            self.seen |= descendants(child.pid)
        services.stop(list(self.children.values()))
        self.nursery.close()
        self.held.close()
        self.spans.close()
        asyncio.run(self._drop_databases())
        self._drop_topics()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.require_ended()

    def require_ended(self) -> None:
        """Raise if a process that a service started outlives it, a killed service's own included."""
        deadline = time.monotonic() + ENDED_SECONDS
        while left := {pid for pid in self.seen if is_running(pid)}:
            if time.monotonic() > deadline:
                raise AssertionError(f"left over by {self.name}: {sorted(left)}")
            time.sleep(GLANCE_SECONDS)

    def topic_names(self) -> list[str]:
        """Every topic of this house, those of its parties among them."""
        known = AdminClient({"bootstrap.servers": self.servers.kafka}).list_topics(timeout=10).topics
        return sorted(name for name in known if name.startswith(self.prefix))

    def _drop_topics(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.servers.kafka})
        for deleted in admin.delete_topics(self.topic_names(), operation_timeout=30).values():
            deleted.result()

    async def _drop_databases(self) -> None:
        connection = await asyncpg.connect(self.servers.database_url)
        try:
            for name in services.NAMES:
                await connection.execute(f'DROP DATABASE IF EXISTS "{self._role(name)}" WITH (FORCE)')
                await connection.execute(f'DROP ROLE IF EXISTS "{self._role(name)}"')
        finally:
            await connection.close()

    def _role(self, service: str) -> str:
        return f"{self.name}_{service}"


class Command:
    """`khamdoan` as a person would call it, for one house."""

    def __init__(self, house: House) -> None:
        self.house = house

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """Run a command on the house and return what it printed; raises if it ends otherwise than expected.

        Where it is expected to fail, what it said about that is returned too.
        """
        command = [sys.executable, "-m", "khamdoan", *arguments, "--data", str(self.house.folder)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=READY_SECONDS, check=False)
        assert ended.returncode == status, f"{ended.returncode}: {ended.stdout}{ended.stderr}"
        return ended.stdout + (ended.stderr if status else "")


def descendants(pid: int) -> set[int]:
    """A process and all that it started, as far as the system tells (it does on Linux)."""
    found, tasks = {pid}, Path(f"/proc/{pid}/task")
    with contextlib.suppress(OSError):
        for task in tasks.iterdir():
            for child in (task / "children").read_text().split():
                found |= descendants(int(child))
    return found


def is_running(pid: int) -> bool:
    """Whether a process exists and is more than an entry that its parent has not read yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _borrowed(servers: Servers, where: places.Places) -> Stack:
    """Somebody else's servers in the shape that the services' settings are made from."""
    postgres, kafka = urlsplit(servers.database_url), urlsplit(f"//{servers.kafka}")
    nothing, java = Path(), Java(Path(), 0)
    return Stack(
        places=where,
        ports={},
        postgres=Postgres(nothing, nothing, postgres.port or 0, postgres.password or ""),
        kafka=Kafka(java, nothing, nothing, kafka.port or 0, 0),
        zipkin=Zipkin(java, nothing, 0, 0),
        throwaway=True,
    )
