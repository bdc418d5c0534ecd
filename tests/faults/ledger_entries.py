"""The ledger: what portals and clinics said, what they were replied, and the history of a schedule as JSON lines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Literal
from uuid import UUID

Reply = Literal["open", "ok", "failed", "unknown"]


@dataclass
class Entry:
    """One thing said: by which worker, as which of its words, and how the edge replied at last.

    `path` and `content` are the request, the same every time it is repeated with the same key; `times` counts how often
    it was posted. Times are monotonic seconds.
    """

    worker: str
    number: int
    party: str
    id: UUID
    type: str
    topic: str
    key: str
    path: str
    content: bytes
    content_type: str
    reply: Reply = "open"
    times: int = 0
    posted_at: float = 0.0
    replied_at: float = 0.0
    receipts: set[str] = field(default_factory=set)
    problem: str = ""

    @property
    def ref(self) -> str:
        """The identity of the event."""
        return f"{self.party}#{self.id}"


@dataclass
class History:
    """What happened in one schedule, in the order of time; one JSON document per line."""

    file: Path
    began: float = field(default_factory=monotonic)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def note(self, what: str, **values: Any) -> None:
        """Write a line, at once."""
        line = {"t": round(monotonic() - self.began, 3), "what": what, **values}
        self.lines.append(line)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as out:
            out.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def close_books(self, entries: Sequence[Entry]) -> None:
        """Write down every entry as it stands."""
        for entry in entries:
            self.note(
                "entry", worker=entry.worker, number=entry.number, ref=entry.ref, type=entry.type, key=entry.key,
                reply=entry.reply, times=entry.times, posted=round(entry.posted_at - self.began, 3),
                replied=round(entry.replied_at - self.began, 3), problem=entry.problem,
            )  # fmt: skip
