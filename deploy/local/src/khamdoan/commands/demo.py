"""`khamdoan demo`: a fresh stack, and a campaign played on it by outside parties."""

import argparse
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

from khamdoan import places, services, state, supervisor
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.processes import Program
from khamdoan.services import Services
from khamdoan.stack import Stack

TRACED_AT_FULL_SIZE = 0.03
"""Share of traces kept of a whole province: what the tracing page can hold in memory; a small demo keeps them all."""

PLAN_SECONDS = {"hagiang": "30", "park": "20"}
"""The most that a plan gets: a whole campaign's first takes it all, a small one's and repairs end sooner."""

PLAN_POLL_SECONDS = "0.2"
"""Days pass in seconds here, and most of them have nothing else to wait for."""


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("demo", help="một đợt khám trọn vẹn / a whole campaign, then stay until Ctrl-C")
    options.add_data(parser)
    parser.add_argument(
        "--scenario", default="hagiang", choices=sorted(PLAN_SECONDS), help="đợt khám nào / which campaign"
    )
    parser.add_argument(
        "--scale", type=_share, default=1.0, help="phần được chơi / share of its units and members (1: all)"
    )
    parser.add_argument("--keep", type=int, default=1, choices=[0, 1], help="0: tự kết thúc / end by itself")
    parser.set_defaults(run=run)


def _share(text: str) -> float:
    with suppress(ValueError):
        share = float(text)
        if 0 < share <= 1:
            return share
    raise argparse.ArgumentTypeError(f"{text!r}: số lớn hơn 0, không quá 1 / a number above 0, up to 1, is needed")


def run(given: argparse.Namespace) -> int:
    """Play on a stack of its own under `demo` in the data folder; what an earlier demo left there is discarded."""
    folder = (given.data / state.DEMO).resolve()
    if not state.is_held(folder):
        places.discard(places.of(folder))
    summary = folder / "summary.json"

    def guest(_stack: Stack, configured: Services) -> Program:
        told = {
            "GATEWAY_URL": services.edge_url(configured),
            "KHAMDOAN_DEV_SECRET": configured.environments["gateway"]["KHAMDOAN_DEV_SECRET"],
            "SCENARIO": given.scenario,
            "SCALE": str(given.scale),
            "DEMO_FOLDER": str(folder),
        }
        return Program("demo", [sys.executable, "-m", "demo"], told, stop_signal=signal.SIGINT, speaks=True)

    return supervisor.play(
        folder,
        with_services=True,
        throwaway=False,
        say=lambda sentence: print(sentence, flush=True),
        wishes={
            "DAYS": "simulated",
            "OTEL_TRACES_SAMPLER_ARG": str(min(1.0, TRACED_AT_FULL_SIZE / given.scale)),
            "PLAN_TIME_LIMIT": PLAN_SECONDS[given.scenario],
            "PLAN_POLL_SECONDS": PLAN_POLL_SECONDS,
        },
        guest=guest,
        stay=bool(given.keep),
        at_guests_end=lambda pids: add_memory(summary, pids),
    )


def add_memory(summary: Path, pids: dict[str, int]) -> None:
    """Add each process's peak resident memory in MiB to the summary, where the system tells it."""
    if not summary.exists():
        return
    told = json.loads(summary.read_text("utf-8"))
    told["peak_memory_mib"] = {name: peak for name, pid in pids.items() if (peak := peak_memory(pid)) is not None}
    summary.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def peak_memory(pid: int) -> int | None:
    """A process's highest resident set so far, in MiB; None where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), None)
    return int(line.split()[1]) // 1024 if line else None
