"""Questions about sockets of this machine."""

import contextlib
import socket
import urllib.request
from pathlib import Path

LISTENING = "0A"


def accepts(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Whether a GET of `url` ends in a 2xx; anything else, refusals included, is a no."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own http addresses only
            return bool(200 <= response.status < 300)
    except OSError:
        return False


def listener(port: int) -> str | None:
    """ "PID (name)" of the process listening on `port`, or None where the system does not tell (or is not Linux)."""
    inodes = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(descriptor.readlink()) in inodes for descriptor in (process / "fd").iterdir()):
                return f"{process.name} ({(process / 'comm').read_text().strip()})"
    return None


def listening_inodes(port: int) -> set[str]:
    """The inodes of the sockets that listen on `port`, IPv4 and IPv6."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for columns in (line.split() for line in lines):
            if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                found.add(columns[9])
    return found
