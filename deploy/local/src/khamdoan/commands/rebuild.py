"""`khamdoan rebuild SERVICE`: make projections again from their topics, compare, and put right what differs."""

import argparse
import importlib.util
import os
import subprocess
import sys

from khamdoan import state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.services import NAMES


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    rebuild = subparsers.add_parser("rebuild", help="dựng lại bảng chiếu từ các chủ đề / make projections again")
    options.add_data(rebuild)
    rebuild.add_argument("service", choices=NAMES, help="dịch vụ / whose")
    rebuild.add_argument(
        "--check", action="store_true", help="chỉ so sánh / compare only; exit status 1 on differences"
    )
    rebuild.add_argument("--json", action="store_true", help="toàn bộ kết quả / the whole report as JSON")
    rebuild.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Let the service's own code do it, with the service's own rights; the service goes on meanwhile."""
    module = f"{given.service}.projections"
    if importlib.util.find_spec(module) is None:
        print(f"{given.service}: không có bảng chiếu / no projections, all of it is state of record.")
        return 0
    environment = state.read(given.data.resolve()).services[given.service]
    flags = [flag for flag, wanted in (("--check", given.check), ("--json", given.json)) if wanted]
    command = [sys.executable, "-m", module, *flags]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
