"""What a running supervisor leaves for other commands to find: a file to read and a lock to ask."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from khamdoan.errors import SetupError

DEMO = "demo"
"""The folder of a demo's own stack, in the data folder of the one that it leaves alone."""


@dataclass(frozen=True)
class State:
    """A running stack: pids, ports, and the environments of its clients and of its services."""

    pid: int
    pids: dict[str, int]
    ports: dict[str, int]
    environment: dict[str, str]
    services: dict[str, dict[str, str]]


def write(data: Path, state: State) -> None:
    """Replace the file at once; it holds passwords, so it is its owner's alone."""
    unfinished = data / "state.unfinished"
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(asdict(state), indent=2) + "\n")
    unfinished.replace(path(data))


def read(data: Path) -> State:
    """The state of the stack that runs on `data`; raises where none does."""
    pid = holder(data)
    if not path(data).exists():
        raise SetupError(
            "still-starting",
            f"Hệ thống trên {data} (tiến trình {pid}) đang khởi động: hãy chờ, hoặc dừng bằng `khamdoan down`.",
            f"The stack on {data} (process {pid}) is still starting: wait, or stop it with `khamdoan down`.",
        )
    return State(**json.loads(path(data).read_text()))


def holder(data: Path) -> int:
    """The pid of the supervisor of `data`, ready or not; raises where there is none."""
    if is_held(data):
        told = lock_path(data).read_text() or json.loads(path(data).read_text())["pid"]  # one of before wrote none
        return int(told)
    if is_held(data / DEMO):
        raise SetupError(
            "not-running",
            f"Trên {data} chỉ có bản chạy thử đang chạy: hãy thêm `--data {data / DEMO}`.",
            f"On {data} only a demo runs: add `--data {data / DEMO}`.",
        )
    raise SetupError(
        "not-running",
        f"Chưa có hệ thống nào chạy trên {data}: hãy chạy `khamdoan up`.",
        f"Nothing runs on {data}: start it with `khamdoan up`.",
    )


def path(data: Path) -> Path:
    """The file."""
    return data / "state.json"


@contextlib.contextmanager
def held(data: Path) -> Iterator[None]:
    """Be the one supervisor of `data`; the lock goes with the process, however that ends."""
    data.mkdir(parents=True, exist_ok=True)
    with lock_path(data).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                "already-running",
                f"Hệ thống trên {data} đang chạy: dừng bằng `khamdoan down --data {data}`.",
                f"The stack on {data} is running already: stop it with `khamdoan down --data {data}`.",
            ) from None
        path(data).unlink(missing_ok=True)  # a killed predecessor's
        lock_path(data).write_text(str(os.getpid()))
        try:
            yield
        finally:
            path(data).unlink(missing_ok=True)


def is_held(data: Path) -> bool:
    """Whether a supervisor lives."""
    if not lock_path(data).exists():
        return False
    with lock_path(data).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def lock_path(data: Path) -> Path:
    """The lock, in which its holder's pid is written."""
    return data / "supervisor.lock"
