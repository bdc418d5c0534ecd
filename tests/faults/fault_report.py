"""The figures of the fault tests, one file for all processes of a parallel run."""

import fcntl
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

REPORT = Path(__file__).parents[2] / ".khamdoan" / "faults" / "report.json"


class Figure(Protocol):
    """Notes one row of measured values."""

    def __call__(self, fault: str, /, **values: Any) -> None:
        """Values are numbers or short texts, their unit in the name: `recovered_seconds=4.1`."""


def replace(test: str, rows: Sequence[dict[str, Any]], report: Path = REPORT) -> None:
    """Put a test's figures in the place of those it left in an earlier run."""
    report.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with report.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = [row for row in _read(report) if row["test"] != test]
        new = [{"fault": row["fault"], "test": test, "at": now, "load": os.getloadavg()[0], **row} for row in rows]
        unfinished = report.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(sorted(kept + new, key=_place), indent=1, ensure_ascii=False) + "\n")
        unfinished.replace(report)


def _read(report: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(report.read_text()) if report.exists() else []
    return rows


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["fault"], row["test"]
