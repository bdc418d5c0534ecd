"""The one process that everything else is a child of: starts in order, tends what dies, stops in order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

from khamdoan import services, stack, state, topics
from khamdoan.keepers import GLANCE_SECONDS, Keeper, Say
from khamdoan.processes import Child, Nursery, Program
from khamdoan.services import Services
from khamdoan.stack import Stack
from khamdoan.state import State


def run(data: Path, *, with_services: bool, throwaway: bool, say: Say) -> None:
    """Start everything, say where it is, and tend it until SIGINT or SIGTERM."""
    play(data, with_services=with_services, throwaway=throwaway, say=say)


Guest = Callable[[Stack, Services], Program]
AtEnd = Callable[[dict[str, int]], None]


def play(
    data: Path,
    *,
    with_services: bool,
    throwaway: bool,
    say: Say,
    wishes: Mapping[str, str] = services.NO_WISHES,
    guest: Guest | None = None,
    stay: bool = True,
    at_guests_end: AtEnd | None = None,
) -> int:
    """Start everything and a guest that uses it; returns the guest's exit status once it ended, unless we `stay`.

    The services are told `wishes`; `at_guests_end` is given the pid of every server and service while they still run.
    """
    data = data.resolve()
    status = 0
    with state.held(data), contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as at_end:
        listen_for_the_end()
        installed = stack.install(data, throwaway=throwaway)
        configured = services.configure(installed, wishes) if with_services else Services({}, {})
        nursery = Nursery(installed.places.logs)
        at_end.callback(nursery.close)
        keepers = start_servers(installed, nursery, at_end, say)
        if with_services:
            keepers += start_services(configured, installed, nursery, at_end, say)
        write_state(installed, configured, keepers)
        announce(installed, configured, say)
        visitor = nursery.spawn(guest(installed, configured)) if guest else None
        if visitor is not None:
            at_end.callback(visitor.stop)
        for replaced in tended(keepers):
            if replaced:
                write_state(installed, configured, keepers)
            if visitor is not None and not visitor.alive:
                status, visitor = visitor.process.returncode, None
                if at_guests_end:
                    at_guests_end({keeper.name: keeper.child.pid for keeper in keepers})
                if not stay:
                    break
    return status


def listen_for_the_end() -> None:
    """SIGTERM ends the supervisor as Ctrl-C does."""
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Begin the end; what asks for it again changes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def start_servers(installed: Stack, nursery: Nursery, at_end: contextlib.ExitStack, say: Say) -> list[Keeper]:
    """PostgreSQL, Kafka and the tracing page, ready to be used."""
    keepers = [Keeper(child, nursery, say) for child in stack.start(installed, nursery)]
    at_end.callback(lambda: stack.stop(children_of(keepers)))
    return keepers


def start_services(
    configured: Services, installed: Stack, nursery: Nursery, at_end: contextlib.ExitStack, say: Say
) -> list[Keeper]:
    """The five services with their databases and topics."""
    services.create_databases(installed)
    asyncio.run(topics.create(installed.kafka.bootstrap_servers))
    keepers = [Keeper(child, nursery, say) for child in services.start(configured, nursery, installed)]
    at_end.callback(lambda: services.stop(children_of(keepers)))
    services.await_ready(configured, keepers)
    return keepers


def children_of(keepers: list[Keeper]) -> list[Child]:
    """The present processes."""
    return [keeper.child for keeper in keepers]


def tended(keepers: list[Keeper]) -> Iterator[bool]:
    """Tend for ever; yields at every glance whether a process has been replaced."""
    while True:
        replaced = [keeper for keeper in keepers if keeper.tend()]
        yield bool(replaced)
        time.sleep(GLANCE_SECONDS)


def write_state(installed: Stack, configured: Services, keepers: list[Keeper]) -> None:
    """Leave for other commands what they need to find us and our children."""
    state.write(
        installed.places.data,
        State(
            pid=os.getpid(),
            pids={keeper.name: keeper.child.pid for keeper in keepers},
            ports={**installed.ports, **configured.ports},
            environment=installed.environment,
            services={name: dict(told) for name, told in configured.environments.items()},
        ),
    )


def announce(installed: Stack, configured: Services, say: Say) -> None:
    """Say where a person finds things."""
    if configured.ports:
        say(f"Khám Đoàn   http://127.0.0.1:{configured.ports['gateway']}/")
    say(f"traces      {installed.zipkin.page}")
    say(f"Kafka       {installed.kafka.bootstrap_servers}")
    say(f"PostgreSQL  127.0.0.1:{installed.postgres.port} (`khamdoan env` tells the URL)")
    say(f"logs        {installed.places.logs}")
