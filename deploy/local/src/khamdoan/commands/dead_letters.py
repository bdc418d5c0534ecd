"""`khamdoan dead-letters`: what a service could not take, and what a person decides about it."""

import argparse
import getpass
import json
from typing import Any

from khamdoan import requests, state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.services import NAMES

LIST_COLUMNS = ("id", "parked_at", "state", "reason", "type", "topic", "partition", "offset", "trace_id")


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "dead-letters", help="bản tin bị giữ lại / messages that a service could not take: list, show, replay, discard"
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = _action(actions, "list", list_, "các bản tin bị giữ / the parked ones, oldest first")
    listing.add_argument("--state", choices=["parked", "replayed", "discarded"], default="parked")
    listing.add_argument("--reason", help="chỉ lý do này / only this reason")
    _letter(_action(actions, "show", show, "một bản tin và các quyết định / one of them, with what was decided"))
    replay_ = _action(actions, "replay", replay, "xử lý lại, theo thứ tự / let it and what waits behind it take effect")
    discard_ = _action(actions, "discard", discard, "bỏ / decide that it never takes effect")
    for deciding in (replay_, discard_):
        _letter(deciding)
        deciding.add_argument("--who", default=getpass.getuser(), help="người quyết định / who decides (you)")
        deciding.add_argument("--why", required=True, help="lý do, được ghi lại / the reason, which is recorded")
    discard_.add_argument(
        "--rest", choices=["release", "keep"], default="release", help="những bản tin phía sau / what waits behind it"
    )


def _action(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text)
    options.add_data(parser)
    parser.add_argument("--service", required=True, choices=NAMES, help="dịch vụ / whose")
    parser.set_defaults(run=run)
    return parser


def _letter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("letter", help="mã bản tin / its id, as `list` shows it")


def list_(given: argparse.Namespace) -> int:
    """One line per letter."""
    query = {"state": given.state, "limit": "1000", **({"reason": given.reason} if given.reason else {})}
    letters = requests.get(f"{_port(given)}/dead-letters", query)
    for letter in letters:
        print("  ".join(str(letter[column]) for column in LIST_COLUMNS))
    if not letters:
        print("Không có bản tin nào / None.")
    return 0


def show(given: argparse.Namespace) -> int:
    """Everything but key and payload, which nobody needs to decide."""
    print(json.dumps(requests.get(f"{_port(given)}/dead-letters/{given.letter}"), indent=2, ensure_ascii=False))
    return 0


def replay(given: argparse.Namespace) -> int:
    """Exit status 1 when the letter, or one behind it, fails again."""
    done = requests.post(f"{_port(given)}/dead-letters/{given.letter}/replay", {"who": given.who, "why": given.why})
    return _told(done)


def discard(given: argparse.Namespace) -> int:
    """Exit status 1 when one of those behind it fails."""
    act = {"who": given.who, "why": given.why, "rest": given.rest}
    return _told(requests.post(f"{_port(given)}/dead-letters/{given.letter}/discard", act))


def _told(done: dict[str, Any]) -> int:
    print(f"Đã xử lý / took effect: {done['replayed']}")
    if done["failed"]:
        print(f"Vẫn lỗi / still fails: {done['failed']} ({done['error']})")
    return 1 if done["failed"] else 0


def _port(given: argparse.Namespace) -> str:
    running = state.read(given.data.resolve())
    return f"http://127.0.0.1:{running.ports[f'{given.service}-operations']}"
