"""Child processes that die with their parent, however the parent dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from khamdoan import leash, watchdog
from khamdoan.accounts import Account
from khamdoan.errors import SetupError

LARGEST_LOG = 8 * 1024 * 1024
POLL_SECONDS = 0.02
START_SECONDS = 180


@dataclass(frozen=True)
class Program:
    """What to run, and how it wants to be asked to stop: by us, and by the kernel when we are gone.

    What it writes goes to its log, or to our own output if it speaks to the person at the terminal.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    speaks: bool = False


class Child:
    """A running program and what it has said since it started."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes], log: Path, log_start: int) -> None:
        self.program = program
        self.process = process
        self.log = log
        self.log_start = log_start

    @property
    def pid(self) -> int:
        """The process id of the program itself, not of a wrapper."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self.process.poll() is None

    def said(self) -> str:
        """Its output since it was started."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def wait_until(self, ready: "Question", seconds: float = START_SECONDS) -> None:
        """Wait until `ready(self)`; a program that ends or hangs before raises with the end of its log."""
        if not self.came_up(ready, seconds):
            raise self.failure(f"ended with {self.process.returncode}")

    def came_up(self, ready: "Question", seconds: float = START_SECONDS) -> bool:
        """Wait until `ready(self)`, or False when the program ends first; one that does neither raises."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if is_yes(ready, self):
                return True
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {seconds:g} s")
            time.sleep(POLL_SECONDS)
        return False

    def finish(self, seconds: float = START_SECONDS) -> None:
        """Wait for a program that is meant to end, and to end well."""
        if self.process.wait(seconds) != 0:
            raise self.failure(f"ended with {self.process.returncode}")

    def ask_to_stop(self) -> None:
        """Send the stop signal, without waiting."""
        if self.alive:
            self.process.send_signal(self.program.stop_signal)

    def stop(self, seconds: float = 15) -> None:
        """Ask, wait, then insist."""
        self.ask_to_stop()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def failure(self, what: str) -> SetupError:
        """The error that says what happened to this program, with its last lines."""
        name, tail = self.program.name, self.said()[-2000:].strip()
        return SetupError(
            "program-failed",
            f"{name} không chạy được ({what}); xem {self.log}.",
            f"{name} {what}; see {self.log}.\n{tail}",
        )


Question = Callable[[Child], bool]


def is_yes(ready: Question, child: Child) -> bool:
    """`ready(child)`, where a file that is not there yet or a refused connection means no."""
    try:
        return ready(child)
    except OSError:
        return False


class Nursery:
    """Starts children from the main thread and sees to it that none outlives this process.

    On Linux the kernel signals a child when the *thread* that started it ends, hence the main thread. Elsewhere one
    watchdog process holds a pipe to us.
    """

    def __init__(self, logs: Path, *, with_watchdog: bool = sys.platform != "linux") -> None:
        self.logs = logs
        self.processes: list[subprocess.Popen[bytes]] = []
        self.watchdog: subprocess.Popen[bytes] | None = None
        if with_watchdog:
            command = [*python(), watchdog.__file__]
            self.watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def spawn(self, program: Program) -> Child:
        """Start `program` in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        path = self.logs / f"{program.name}.log"
        tie = 0 if self.watchdog else int(program.orphan_signal)
        account = program.account or Account(leash.KEEP, leash.KEEP)
        header = [str(number) for number in (os.getpid(), tie, account.uid, account.gid)]
        with open_log(path) as log:
            start = log.tell()
            process = subprocess.Popen(
                [*python(), leash.__file__, *header, *program.command],
                stdin=subprocess.DEVNULL,
                stdout=None if program.speaks else log,
                stderr=None if program.speaks else subprocess.STDOUT,
                cwd="/",
                env={**os.environ, **program.environment},
                process_group=0,
            )
        self.processes = [*(other for other in self.processes if other.poll() is None), process]
        self.announce(process.pid, program.orphan_signal)
        return Child(program, process, path, start)

    def announce(self, pid: int, orphan_signal: signal.Signals) -> None:
        """Tell the watchdog, where there is one."""
        if self.watchdog is not None and self.watchdog.stdin is not None:
            self.watchdog.stdin.write(f"{pid} {int(orphan_signal)}\n".encode())
            self.watchdog.stdin.flush()

    def close(self) -> None:
        """End what an interrupted start left over, and send the watchdog away; the rest has been stopped before."""
        for process in self.processes:
            process.kill()
            process.wait()
        if self.watchdog is not None:
            self.watchdog.kill()
            self.watchdog.communicate()
            self.watchdog = None


def python() -> list[str]:
    """This interpreter, isolated and without site packages: enough for our two scripts and quick to start."""
    return [sys.executable, "-I", "-S"]


def open_log(path: Path) -> IO[bytes]:
    """A log to append to; one that has grown large is put aside first, replacing the one before."""
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".previous.log"))
    return path.open("ab")
