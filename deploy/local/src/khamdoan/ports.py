"""Ports: chosen once, saved with the data, and named when somebody else sits on one."""

import fcntl
import json
import os
import random
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from khamdoan import sockets
from khamdoan.errors import SetupError

SERVERS = {"postgres": 15432, "kafka": 19092, "controller": 19093, "zipkin": 19411, "otlp": 14318}
SERVICES = {
    "gateway": 18080,
    "identity": 18090,
    "registry-operations": 18081,
    "scheduling-operations": 18082,
    "results-operations": 18083,
    "coordination-operations": 18084,
    "gateway-operations": 18085,
}
BELOW_EPHEMERAL = range(20000, 32000)  # where no outgoing connection is given its port


def choose(saved: Path, wanted: Mapping[str, int], *, usual: bool = True) -> dict[str, int]:
    """The saved port of every name; a name without one gets its usual port or else a free one, and that is saved."""
    ports: dict[str, int] = json.loads(saved.read_text()) if saved.exists() else {}
    missing = [name for name in wanted if name not in ports]
    for name in missing:
        taken = set(ports.values())
        suits = usual and wanted[name] not in taken and is_free(wanted[name])
        ports[name] = wanted[name] if suits else free(taken)
    if missing:
        saved.write_text(json.dumps(ports, indent=2) + "\n")
    return {name: ports[name] for name in wanted}


def claim_usual(cache: Path) -> bool:
    """Whether this process may take the usual ports: of the stacks that start at one moment only one sees them as free.

    The claim goes with the process, whose servers listen by then or never will.
    """
    claim = os.open(cache / "usual-ports.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return False
    return True


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free(taken: set[int]) -> int:
    """A free port that is not in `taken`."""
    candidates = (random.choice(BELOW_EPHEMERAL) for _ in range(1000))
    return next(port for port in candidates if port not in taken and is_free(port))


def require_free(ports: Mapping[str, int], saved: Path, *, patience: float) -> None:
    """Raise if a port stays busy for `patience` seconds, which a crashed predecessor's children may need to end."""
    deadline = time.monotonic() + patience
    while busy := [name for name, port in ports.items() if not is_free(port)]:
        if time.monotonic() > deadline:
            raise busy_error(busy[0], ports[busy[0]], saved)
        time.sleep(0.1)


def busy_error(name: str, port: int, saved: Path) -> SetupError:
    """Say which port is busy, who holds it, and the three ways out."""
    holder = sockets.listener(port)
    vi = f" bởi tiến trình {holder}" if holder else ""
    en = f" by process {holder}" if holder else ""
    return SetupError(
        "port-busy",
        f"Cổng {port} ({name}) đang bị chiếm{vi}: hãy dừng tiến trình đó, chạy `khamdoan down`, "
        f"hoặc xoá {saved} để chọn cổng khác.",
        f"Port {port} ({name}) is held{en}: stop that process, run `khamdoan down`, "
        f"or delete {saved} to have other ports chosen.",
    )
