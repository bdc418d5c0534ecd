"""A supervisor in the background: started, found ready, and ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from khamdoan import state
from khamdoan.errors import SetupError
from khamdoan.keepers import Say

STOP_SECONDS = 90
POLL_SECONDS = 0.1


def start(data: Path, flags: list[str], say: Say) -> None:
    """Start a supervisor that outlives this command, and return when it is ready; raises if it ends before.

    Whoever interrupts the command while it waits wants no supervisor.
    """
    data = data.resolve()
    log = data / "logs" / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if state.is_held(data):
        say(f"Đang chạy rồi / it runs already: pid {state.holder(data)}")
        return
    state.path(data).unlink(missing_ok=True)  # so that the one we wait for is the new one
    command = [sys.executable, "-m", "khamdoan", "up", "--data", str(data), *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        await_ready(data, process, log)
    except KeyboardInterrupt:
        process.terminate()
        process.wait(STOP_SECONDS)
        raise
    say(log.read_text().strip())


def await_ready(data: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the supervisor has said that it is ready."""
    while not state.path(data).exists() or not state.is_held(data):
        if process.poll() is not None:
            raise SetupError(
                "start-failed",
                f"Không khởi động được; xem {log}.",
                f"It did not start; see {log}.\n{log.read_text()[-2000:].strip()}",
            )
        time.sleep(POLL_SECONDS)


def stop(data: Path, say: Say) -> None:
    """Ask the supervisor of `data` to end, ready or not, and wait until it has."""
    data = data.resolve()
    pid = state.holder(data)
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while state.is_held(data):
        if time.monotonic() > deadline:
            raise SetupError(
                "stop-slow",
                f"Tiến trình {pid} chưa dừng sau {STOP_SECONDS} giây; xem {data / 'logs'}.",
                f"Process {pid} has not stopped after {STOP_SECONDS} s; see {data / 'logs'}.",
            )
        time.sleep(POLL_SECONDS)
    say("Đã dừng / stopped")
