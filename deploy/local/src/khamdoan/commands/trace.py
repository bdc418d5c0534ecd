"""`khamdoan trace RECEIPT`: everything that one word of a party has led to, as a tree."""

import argparse
from collections import defaultdict
from typing import Any

from khamdoan import requests, state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.state import State

MOST_LINKS = "10000"
Link = dict[str, Any]


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("trace", help="một biên nhận đã dẫn tới những gì / what a receipt has led to")
    options.add_data(parser)
    parser.add_argument("receipt", type=options.an_id, help="mã biên nhận / the receipt's id")
    parser.add_argument("--most", type=int, default=20, metavar="N", help="like events shown per cause (default: 20)")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Print the tree: time, service, event, and where a trace begins its page."""
    running = state.read(given.data.resolve())
    links = requests.get(
        f"{_edge(running)}/receipts/{given.receipt}/trace", {"limit": MOST_LINKS}, token=_token(running)
    )
    children: dict[str | None, list[Link]] = defaultdict(list)
    for link in links[1:]:
        children[link["cause"]].append(link)
    _show(links[0], children, given.most, "")
    for trace_id in dict.fromkeys(link["trace_id"] for link in links if link["trace_id"]):
        print(f"{running.environment['ZIPKIN_URL']}/zipkin/traces/{trace_id}")
    return 0


def _show(link: Link, children: dict[str | None, list[Link]], most: int, indent: str) -> None:
    parked = f"  BỊ GIỮ / PARKED by {link['parked_by']}: {link['parked_because']}" if link["parked_by"] else ""
    name = link["type"].removeprefix("vn.khamdoan.")
    print(f"{link['at'][11:23]}  {(link['trace_id'] or '-')[:8]}  {indent}{name}  ({link['ref']}){parked}")
    shown: dict[str, int] = defaultdict(int)
    for child in children[link["ref"]]:
        shown[child["type"]] += 1
        if shown[child["type"]] <= most:
            _show(child, children, most, indent + "  ")
    for kind, number in shown.items():
        if number > most:
            print(f"{'':12}  {'':8}  {indent}  … {number - most} {kind.removeprefix('vn.khamdoan.')}")


def _edge(running: State) -> str:
    return f"http://127.0.0.1:{running.ports['gateway']}"


def _token(running: State) -> str:
    asked = {"party_class": "operations", "party_id": "local", "sub": "khamdoan trace", "role": "operator"}
    secret = running.services["gateway"]["KHAMDOAN_DEV_SECRET"]
    token: str = requests.post(f"{_edge(running)}/dev/tokens", asked, token=secret)["access_token"]
    return token
