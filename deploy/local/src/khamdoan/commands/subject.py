"""`khamdoan subject erase`: make a worker nobody, in the running stack."""

import argparse
import os
import subprocess
import sys

from khamdoan import state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    subject = subparsers.add_parser("subject", help="quyền của chủ thể dữ liệu / rights of a data subject")
    actions = subject.add_subparsers(required=True, metavar="ACTION")
    erase = actions.add_parser("erase", help="xoá danh tính / destroy the key that says who a worker is")
    options.add_data(erase)
    erase.add_argument("worker_id", type=options.an_id, help="mã người lao động / the worker's id")
    erase.add_argument("--who", required=True, help="người quyết định / who decided it")
    erase.add_argument("--why", required=True, help="lý do / the request or duty behind it")
    erase.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Let registry do it: nobody else may hold its keys."""
    environment = state.read(given.data.resolve()).services["registry"]
    command = [sys.executable, "-m", "registry.administration", "erase", str(given.worker_id)]
    command += ["--who", given.who, "--why", given.why]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
