"""Servers and the five services as real processes on a stack of their own, to be killed, frozen and started again."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from kernel_children import Proxy

from khamdoan import databases, places, services, stack, topics
from khamdoan.processes import Child, Nursery, is_yes
from khamdoan.services import NAMES
from khamdoan.stack import Server

READY_SECONDS = 90
GLANCE_SECONDS = 0.05
SESSION_SECONDS = 6
LEASE_SECONDS = 2
SERVERS = ("postgres", "kafka")
WISHES = {
    "DAYS": "simulated",
    "KAFKA_SESSION_TIMEOUT_MS": str(SESSION_SECONDS * 1_000),
    "RELAY_LEASE_SECONDS": str(LEASE_SECONDS),
    "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    "PLAN_SECONDS": "0.5",
    "PLAN_POLL_SECONDS": "0.2",
}
ELSEWHERE = {"OPERATIONS_PORT": "0", "GATEWAY_PORT": "0", "IDENTITY_PORT": "0"}


@dataclass
class Stand:
    """One stack and what runs on it; clients reach the gateway through `proxy`."""

    folder: Path
    children: dict[str, Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stack = stack.install(self.folder, throwaway=True)
        self.nursery = Nursery(self.stack.places.logs)
        self.configured = services.configure(self.stack, WISHES)
        self.proxy = Proxy("127.0.0.1", self.configured.ports["gateway"], of_kafka=False)

    @property
    def url(self) -> str:
        """The edge as clients reach it."""
        return f"http://127.0.0.1:{self.proxy.own_port}"

    @property
    def secret(self) -> str:
        """What the development issuer wants to be told."""
        return self.configured.environments["gateway"]["KHAMDOAN_DEV_SECRET"]

    @property
    def kafka(self) -> str:
        """The broker's address."""
        return self.stack.kafka.bootstrap_servers

    def database_url(self, service: str) -> str:
        """A service's own database."""
        return self.configured.environments[service]["DATABASE_URL"]

    async def start(self) -> None:
        """Servers, databases, topics, services; returns when all are ready."""
        self.children.update(zip(SERVERS, stack.start(self.stack, self.nursery, tracing=False), strict=True))
        passwords = {name: services.password_of(self.stack, name) for name in NAMES}
        await databases.create(self.stack.postgres.url, passwords)
        await topics.create(self.kafka)
        for name in NAMES:
            self.start_service(name)
        await self.proxy.mend()
        await self.all_ready()

    async def stop(self) -> None:
        """End everything at once and leave nothing of it."""
        await self.proxy.cut()
        for child in self.children.values():
            with contextlib.suppress(ProcessLookupError):
                child.process.kill()
            child.process.wait()
        self.nursery.close()
        places.discard(self.stack.places)

    def start_service(self, name: str, **told: str) -> Child:
        """Start a service's process in the place of the one that ended."""
        self.children[name] = self._spawn(name, name, told)
        return self.children[name]

    def start_twin(self, name: str) -> Child:
        """Start a second process of a service beside the first."""
        twin = f"{name}-twin"
        self.children[twin] = self._spawn(name, twin, {**ELSEWHERE, "KAFKA_INSTANCE_ID": ""})
        return self.children[twin]

    def _spawn(self, name: str, child: str, told: dict[str, str]) -> Child:
        program = services.programs(self.configured)[name]
        return self.nursery.spawn(replace(program, name=child, environment={**program.environment, **told}))

    async def start_server(self, name: str) -> None:
        """Start PostgreSQL or Kafka in the place of the one that ended; returns when it is ready."""
        server = self._server(name)
        for _ in range(stack.ATTEMPTS):
            child = self.children[name] = server.start(self.nursery)
            await until(lambda child=child: not child.alive or is_yes(server.ready, child), f"{name} to start")  # type: ignore[misc]
            if child.alive:
                return
            await asyncio.sleep(0.5)
        raise self.children[name].failure("cannot be started again")

    def _server(self, name: str) -> Server:
        return self.stack.servers(tracing=False)[SERVERS.index(name)]

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process that may have ended already."""
        if self.children[name].alive:
            self.children[name].process.send_signal(number)

    async def ended(self, name: str, seconds: float = 30) -> None:
        """Wait until a process has ended."""
        child = self.children[name]
        await until(lambda: not child.alive, f"the end of {name}", seconds)

    async def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        self.send(name, signal.SIGKILL)
        await self.ended(name)

    async def stop_twin(self, name: str, number: signal.Signals) -> None:
        """End a service's second process."""
        twin = f"{name}-twin"
        self.send(twin, number)
        with contextlib.suppress(TimeoutError):
            await self.ended(twin)
        await self.kill(twin)
        del self.children[twin]

    def is_frozen(self, name: str) -> bool:
        """Whether a process is stopped by SIGSTOP."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self.children[name].pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False

    async def ready(self, name: str) -> None:
        """Wait until a service says that it is; one that has ended is started again, as the supervisor would."""

        async def is_ready() -> bool:
            if not self.children[name].alive:
                self.start_service(name)
            return await asyncio.to_thread(services.is_ready, self.configured, self.children[name])

        await until(is_ready, f"{name} to become ready", READY_SECONDS)

    async def all_ready(self) -> None:
        """Wait until every service is."""
        await asyncio.gather(*(self.ready(name) for name in NAMES))

    def logs(self) -> str:
        """The last lines of every service."""
        return "\n".join(f"== {name}\n{self.children[name].said()[-1500:]}" for name in NAMES if name in self.children)


async def until(
    question: Callable[[], bool | Awaitable[bool]], what: str, seconds: float = 60, glance: float = GLANCE_SECONDS
) -> None:
    """Look again and again until something is so; a TimeoutError that says what was waited for."""
    deadline = monotonic() + seconds
    while True:
        answer = question()
        if answer if isinstance(answer, bool) else await answer:
            return
        if monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        await asyncio.sleep(glance)
