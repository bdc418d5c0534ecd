"""`khamdoan logs`: what the processes wrote, side by side."""

import argparse
import time
from pathlib import Path
from typing import IO

from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.errors import SetupError

GLANCE_SECONDS = 0.3
TAIL_BYTES = 64 * 1024


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("logs", help="nhật ký / what the processes wrote")
    options.add_data(parser)
    parser.add_argument("name", nargs="*", help="whose (default: everybody's)")
    parser.add_argument("-n", "--lines", type=int, default=20, help="how many lines of each (default: 20)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Print the last lines of each log, then what is added."""
    logs = open_logs(given.data / "logs", given.name)
    for name, log in logs.items():
        show(name, last_lines(log, given.lines))
    try:
        while given.follow:
            time.sleep(GLANCE_SECONDS)
            for name, log in logs.items():
                show(name, log.read().decode(errors="replace").splitlines())
    except KeyboardInterrupt:
        return
    finally:
        for log in logs.values():
            log.close()


def open_logs(folder: Path, names: list[str]) -> dict[str, IO[bytes]]:
    """The logs asked for, or all."""
    chosen = names or sorted(path.stem for path in folder.glob("*.log") if not path.stem.endswith(".previous"))
    missing = [name for name in chosen if not (folder / f"{name}.log").exists()]
    if missing or not chosen:
        whose = "".join(f" {name}" for name in missing)
        raise SetupError(
            "log-missing", f"Không có nhật ký{whose} trong {folder}.", f"There is no log{whose} in {folder}."
        )
    return {name: (folder / f"{name}.log").open("rb") for name in chosen}


def last_lines(log: IO[bytes], count: int) -> list[str]:
    """The last `count` lines; the log is left at its end."""
    size = log.seek(0, 2)
    log.seek(max(0, size - TAIL_BYTES))
    return log.read().decode(errors="replace").splitlines()[-count:]


def show(name: str, lines: list[str]) -> None:
    """Print lines behind the name of who wrote them."""
    for line in lines:
        print(f"{name:14}{line}", flush=True)
