"""A supervisor of its own for tests that end it in unusual ways."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from khamdoan import places, state

PATIENCE = 120


class Supervised:
    """`khamdoan up` in a process of its own, on throw-away ports."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> state.State:
        """Start it and wait until it is ready; returns what it says about itself."""
        command = [sys.executable, "-m", "khamdoan", "up", "--no-services", "--throwaway", "--data", str(self.data)]
        output = self.data.with_suffix(".output")
        with output.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        until(lambda: state.path(self.data).exists() or self.process.poll() is not None)
        assert self.process.poll() is None, output.read_text()
        return state.read(self.data)

    def end(self, with_signal: signal.Signals) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        self.process.send_signal(with_signal)
        status = self.process.wait(PATIENCE)
        if with_signal == signal.SIGKILL:  # nobody was left to remove it
            state.path(self.data).unlink()
        return status


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    """Not started yet; whatever the test does, nothing of it runs afterwards."""
    supervisor = Supervised(tmp_path / "stack")
    yield supervisor
    if supervisor.process is not None and supervisor.process.poll() is None:
        supervisor.end(signal.SIGTERM)
    places.discard(places.of(supervisor.data))


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """`wait_until(condition)`: looks every few milliseconds, and fails after two minutes."""
    return until


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition that must come true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within two minutes"
        time.sleep(0.02)


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    """`is_running(pid)`: whether the process exists and is more than a zombie nobody has collected."""
    return runs


def runs(pid: int) -> bool:
    """Ask the system's process table."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() != "" and not listed.stdout.startswith("Z")


@pytest.fixture
def program_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder
