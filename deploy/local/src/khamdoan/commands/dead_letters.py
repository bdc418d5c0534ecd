"""`khamdoan dead-letters`: what a service could not take, and what a person decides about it."""

import argparse
import getpass
import json
import os
from datetime import datetime, timedelta, timezone
from typing import Any

from khamdoan import requests, state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.services import NAMES

VIETNAM = timezone(timedelta(hours=7))
PAGE = 1_000
LIST_COLUMNS = ("id", "parked_at", "state", "reason", "type", "topic", "partition", "offset", "trace_id")


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "dead-letters", help="bản tin bị giữ lại / messages that a service could not take: list, show, replay, discard"
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = _action(actions, "list", list_, "các bản tin bị giữ / the parked ones, oldest first")
    listing.add_argument("--state", choices=["parked", "replayed", "discarded"], default="parked")
    _search(listing)
    _letter(_action(actions, "show", show, "một bản tin và các quyết định / one of them, with what was decided"))
    replay_ = _action(actions, "replay", replay, "xử lý lại, theo thứ tự / let messages take effect, in order")
    replay_.add_argument(
        "letter",
        nargs="?",
        type=options.an_id,
        help="mã bản tin; không có thì theo bộ lọc / its id, else what is found",
    )
    replay_.add_argument("--alone", action="store_true", help="chỉ bản tin này / only this one, the first of its key")
    replay_.add_argument("--per-second", type=float, default=10, help="tối đa mỗi giây / records a second, at most")
    _search(replay_)
    discard_ = _action(actions, "discard", discard, "bỏ / decide that it never takes effect")
    _letter(discard_)
    for deciding in (replay_, discard_):
        deciding.add_argument("--who", default=_me(), help="người quyết định / who decides (you)")
        deciding.add_argument("--why", required=True, help="lý do, được ghi lại / the reason, which is recorded")
    discard_.add_argument(
        "--rest", choices=["release", "keep"], default="release", help="những bản tin phía sau / what waits behind it"
    )


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", help="chỉ lý do này / only this reason")
    parser.add_argument("--type", help="loại sự kiện, hoặc một phần tên / its type, or a part of the name")
    parser.add_argument("--key", help="khoá, ví dụ mã người lao động / its key, e.g. a worker's id")
    parser.add_argument("--topic", help="chủ đề / its topic")
    parser.add_argument("--since", type=_instant, metavar="TIME", help="từ lúc / parked since, e.g. 2026-11-22T08:00")
    parser.add_argument("--until", type=_instant, metavar="TIME", help="đến trước lúc / parked before")


def _me() -> str:
    """Who sits at the keyboard; a container's user need not have a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _instant(text: str) -> str:
    """A time without a zone is Vietnam's."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: lúc, ví dụ / a time such as 2026-11-22T08:00") from error
    return (given if given.tzinfo else given.replace(tzinfo=VIETNAM)).isoformat()


def _wanted(given: argparse.Namespace) -> dict[str, str]:
    named = {name: getattr(given, name) for name in ("reason", "type", "key", "topic", "since", "until")}
    return {name: value for name, value in named.items() if value is not None}


def _action(actions: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text)
    options.add_data(parser)
    parser.add_argument("--service", required=True, choices=NAMES, help="dịch vụ / whose")
    parser.set_defaults(run=run)
    return parser


def _letter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("letter", type=options.an_id, help="mã bản tin / its id, as `list` shows it")


def list_(given: argparse.Namespace) -> int:
    """One line per letter, page after page."""
    query, number = {"state": given.state, "limit": str(PAGE), **_wanted(given)}, 0
    while letters := requests.get(f"{_port(given)}/dead-letters", query):
        for letter in letters:
            print("  ".join(str(letter[column]) for column in LIST_COLUMNS))
        number += len(letters)
        query["after"] = letters[-1]["id"]
    if not number:
        print("Không có bản tin nào / None.")
    return 0


def show(given: argparse.Namespace) -> int:
    """Everything but the key, the payload without what could tell of anybody."""
    print(json.dumps(requests.get(f"{_port(given)}/dead-letters/{given.letter}"), indent=2, ensure_ascii=False))
    return 0


def replay(given: argparse.Namespace) -> int:
    """Exit status 1 when a letter, or one behind it, fails again."""
    act = {"who": given.who, "why": given.why}
    if given.letter is not None:
        rest = {"rest": "keep" if given.alone else "release"}
        return _told(requests.post(f"{_port(given)}/dead-letters/{given.letter}/replay", act | rest))
    found = {**act, **_wanted(given), "per_second": given.per_second}
    statuses = [_told(done) for done in requests.post_for_lines(f"{_port(given)}/dead-letters/replay", found)]
    if not statuses:
        print("Không có bản tin nào / None.")
    return max(statuses, default=0)


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
