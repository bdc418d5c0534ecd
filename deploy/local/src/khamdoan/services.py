"""The five services as child processes: their databases, their ports and what each is told by its environment."""

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from khamdoan import databases, passwords, ports, sockets
from khamdoan.keepers import GLANCE_SECONDS, Keeper
from khamdoan.processes import Child, Nursery, Program
from khamdoan.stack import Stack

NAMES = ("registry", "scheduling", "results", "coordination", "gateway")
READY_PATH = "/readyz"
READY_SECONDS = 180
DRAIN_SECONDS = 30

Environment = dict[str, str]
NO_WISHES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Services:
    """The services' ports and environments, by name."""

    ports: Mapping[str, int]
    environments: Mapping[str, Environment]


def configure(stack: Stack, wishes: Mapping[str, str] = NO_WISHES) -> Services:
    """Settle ports and passwords; nothing is started. `wishes` are settings that every service is told besides."""
    chosen = ports.choose(stack.places.ports, ports.SERVICES, usual=stack.usual_ports)
    return Services(chosen, {name: {**told, **wishes} for name, told in environments(stack, chosen).items()})


def environments(stack: Stack, chosen: Mapping[str, int]) -> dict[str, Environment]:
    """What each service is told; a variable that only one service needs stands in its entry here."""
    return {
        "registry": {
            **common(stack, chosen, "registry"),
            "IDENTITY_PORT": str(chosen["identity"]),
            "KHAMDOAN_MASTER_KEY_FILE": str(stack.places.data / "master.key"),
            "REGISTRY_IDENTITY_TOKEN": password_of(stack, "identity-port"),
        },
        "scheduling": common(stack, chosen, "scheduling"),
        "results": common(stack, chosen, "results"),
        "coordination": common(stack, chosen, "coordination"),
        "gateway": {
            **common(stack, chosen, "gateway"),
            "GATEWAY_PORT": str(chosen["gateway"]),
            "KHAMDOAN_DEV_SECRET": password_of(stack, "development-issuer"),
            "REGISTRY_IDENTITY_URL": f"http://127.0.0.1:{chosen['identity']}",
            "REGISTRY_IDENTITY_TOKEN": password_of(stack, "identity-port"),
        },
    }


def edge_url(configured: Services) -> str:
    """Where outside parties reach the gateway."""
    return f"http://127.0.0.1:{configured.ports['gateway']}"


def common(stack: Stack, chosen: Mapping[str, int], name: str) -> Environment:
    """What every service is told."""
    return {
        **stack.environment,
        "DATABASE_URL": databases.url(stack.postgres, name, password_of(stack, name)),
        "KAFKA_INSTANCE_ID": name,
        "OPERATIONS_PORT": str(chosen[f"{name}-operations"]),
        "KHAMDOAN_ENVIRONMENT": "development",
        "PYTHONUNBUFFERED": "1",
    }


def password_of(stack: Stack, name: str) -> str:
    """A service's database password, or another secret of this stack."""
    return passwords.password(stack.places.passwords, name)


def create_databases(stack: Stack) -> None:
    """Create what is missing; quick when nothing is."""
    asyncio.run(databases.create(stack.postgres.url, {name: password_of(stack, name) for name in NAMES}))


def programs(configured: Services) -> dict[str, Program]:
    """The services by name, in the order of starting, which is a courtesy: each waits for what it needs."""
    return {name: Program(name, [sys.executable, "-m", name], configured.environments[name]) for name in NAMES}


def start(configured: Services, nursery: Nursery, stack: Stack) -> list[Child]:
    """Start all five, without waiting for them."""
    ports.require_free(configured.ports, stack.places.ports, patience=5)
    return [nursery.spawn(program) for program in programs(configured).values()]


def await_ready(configured: Services, keepers: list[Keeper]) -> None:
    """Wait until all are ready, tending them meanwhile; raises with the log of one that is not ready in time."""
    deadline = time.monotonic() + READY_SECONDS
    while waiting := [keeper.child for keeper in keepers if not is_ready(configured, keeper.child)]:
        if time.monotonic() > deadline:
            raise waiting[0].failure(f"was not ready after {READY_SECONDS} s")
        for keeper in keepers:
            keeper.tend()
        time.sleep(GLANCE_SECONDS)


def is_ready(configured: Services, child: Child) -> bool:
    """Whether a service says that it is."""
    return sockets.answers(operations_url(configured, child.program.name) + READY_PATH)


def operations_url(configured: Services, name: str) -> str:
    """Where a service answers its operators."""
    return f"http://127.0.0.1:{configured.ports[f'{name}-operations']}"


def stop(children: list[Child]) -> None:
    """Let all drain at the same time."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop(DRAIN_SECONDS)
