"""`python -m <service>.projections [--check] [--json]`: what an operator sees of a rebuild."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict

from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from pydantic_core import to_json

from shared import faults
from shared.differences import Difference
from shared.history import ShortTopicError, SilentBrokerError
from shared.projections import Projections
from shared.rebuilding import BusyError, Report, rebuild
from shared.settings import Settings

EQUAL, DIFFERS, IMPOSSIBLE = 0, 1, 2

OBSTACLES: dict[type[Exception], tuple[str, str, str]] = {
    BusyError: ("rebuild.busy", "Đang có người dựng lại.", "Somebody else is rebuilding this service's projections."),
    SilentBrokerError: ("rebuild.servers-away", "Kafka không trả lời.", "Kafka does not answer."),
    ShortTopicError: (
        "rebuild.topic-ends-early",
        "Chủ đề kết thúc trước chỗ dịch vụ đã đọc: đã bị xoá hoặc tạo lại.",
        "A topic ends before what was consumed of it: it was truncated or recreated.",
    ),
    OffsetOutOfRangeError: (
        "rebuild.topic-cut-meanwhile",
        "Kafka vừa xoá phần đầu của một chủ đề; hãy chạy lại.",
        "Kafka cut the beginning of a topic off meanwhile; run it again.",
    ),
}


def main(projections: Projections, settings: Settings, arguments: Sequence[str] | None = None) -> int:
    """Rebuild and print; 0 where all is equal or was put right, 1 where something differs, 2 where it could not."""
    given = parser(projections.service).parse_args(arguments)
    try:
        report = asyncio.run(rebuild(projections, settings, repair=not given.check))
    except Exception as error:
        code, vi, en = OBSTACLES.get(type(error)) or _unforeseen(error)
        sys.stderr.write(f"{code}\n  {vi}\n  {en}\n")
        return IMPOSSIBLE
    if given.json:
        sys.stdout.write(to_json({**asdict(report), "equal": report.equal}).decode() + "\n")
    else:
        sys.stdout.write(tell(report))
    return EQUAL if report.equal or report.repaired else DIFFERS


def parser(service: str) -> argparse.ArgumentParser:
    """What can be asked."""
    described = argparse.ArgumentParser(prog=f"python -m {service}.projections")
    described.add_argument("--check", action="store_true", help="compare only; 1 where something differs")
    described.add_argument("--json", action="store_true", help="the whole report as JSON")
    return described


def tell(report: Report) -> str:
    """One line per table, then what differs: keys and columns, never a value."""
    lines = [f"{report.service}: đọc lại / read again {report.records}, bị giữ hoặc bỏ / left out {report.left_out}"]
    for table in report.tables:
        lines.append(f"  {table.table:<22} {table.rows:>10}  {_difference(table)}")
        lines += [
            f"      {example['kind']:<9} {' '.join(example['key'])}  {' '.join(example.get('columns', ()))}"
            for example in table.examples
        ]
    lines += [
        f"  {cut.table:<22} không dựng lại được / cannot be rebuilt: {cut.topic} mất phần đầu / has lost its beginning"
        for cut in report.cut
    ]
    lines += [f"  không xử lý được nữa / no longer taken: {number} × {what}" for what, number in report.failed.items()]
    lines += ["Đã sửa cho khớp / put right."] if report.repaired else []
    return "\n".join(lines) + "\n"


def _difference(table: Difference) -> str:
    if table.equal:
        return "="
    return f"thiếu/missing {table.missing}, thừa/surplus {table.surplus}, khác/differing {table.differing}"


def _unforeseen(error: Exception) -> tuple[str, str, str]:
    """Where it happened, without the exception's text; a world that is away is said as such."""
    away = isinstance(error, KafkaError) or faults.is_of_the_world(error)
    code = "rebuild.servers-away" if away else "rebuild.failed"
    return code, f"Không dựng lại được: {faults.where(error)}", f"Could not rebuild: {faults.where(error)}"
