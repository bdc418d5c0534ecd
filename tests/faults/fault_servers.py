"""A PostgreSQL and a Kafka of one's own, to be killed, frozen and started again."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from khamdoan import places, stack
from khamdoan.processes import Child, Nursery
from khamdoan.stack import Server, Stack


@dataclass
class Breakable:
    """One server process and what starts it again on the same port and data."""

    server: Server
    nursery: Nursery
    child: Child
    frozen: bool = False
    options: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """`kill -9` of the server's main process; what it leaves behind is its own affair."""
        self.child.process.kill()
        self.child.process.wait()
        self.frozen = False

    def send(self, number: signal.Signals) -> None:
        """A signal to the main process."""
        self.child.process.send_signal(number)

    def freeze(self) -> None:
        """Stop it and its children: connections are accepted by the system, and never answered."""
        self.frozen = True
        for pid in self._family():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for pid in self._family():
            os.kill(pid, signal.SIGCONT)
        self.frozen = False

    def _family(self) -> list[int]:
        listed = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        return [self.child.pid, *map(int, listed)]

    def start(self, *options: str) -> float:
        """Start it (with these options) and wait until it is ready; returns the seconds that took."""
        begun = time.monotonic()
        self.options = list(options)
        program = self.server.program
        server = replace(self.server, program=replace(program, command=[*program.command, *options]))
        self.child = stack.await_ready(server, server.start(self.nursery), self.nursery)
        return time.monotonic() - begun

    def restore(self) -> None:
        """Make it run, and as it was started first."""
        if self.frozen:
            self.thaw()
        if self.child.alive and self.options:
            self.child.stop()
        if not self.child.alive:
            self.start()


@dataclass
class OwnServers:
    """The two servers of one throw-away stack."""

    installed: Stack
    postgres: Breakable
    broker: Breakable

    @property
    def database_url(self) -> str:
        """A superuser's."""
        return self.installed.postgres.url

    @property
    def kafka(self) -> str:
        """The bootstrap address."""
        return self.installed.kafka.bootstrap_servers

    def restore(self) -> None:
        """Make both run."""
        self.postgres.restore()
        self.broker.restore()

    @classmethod
    @contextlib.contextmanager
    def started(cls, data: Path | None = None) -> "Iterator[OwnServers]":
        """Both, running; in a folder of their own nothing is left afterwards, a folder that is given is its giver's."""
        with contextlib.ExitStack() as at_end:
            if data is None:
                data = Path(tempfile.mkdtemp(prefix="khamdoan-faults-"))
                at_end.callback(places.discard, places.of(data))
            data.chmod(0o711)
            installed = stack.install(data, throwaway=True)
            nursery = Nursery(installed.places.logs)
            at_end.callback(nursery.close)
            children = stack.start(installed, nursery, tracing=False)
            servers = [
                Breakable(server, nursery, child)
                for server, child in zip(installed.servers(tracing=False), children, strict=True)
            ]
            yield cls(installed, *servers)
            for broken in reversed(servers):
                if broken.frozen:
                    broken.thaw()
                broken.child.stop()
