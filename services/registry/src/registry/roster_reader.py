"""A process beside the service that reads large rosters and makes entries of their rows: two cores work at once.

The roster's cells are in its memory, not in the service's, and go with it. Requests and answers are pickled, through a
pipe that nobody else has; with the requests come the keys of the blind indexes. Its environment holds no secret.
"""

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Pipe
from typing import Any
from uuid import UUID

from registry.blind_index import BlindIndex
from registry.line_rules import Lines
from registry.roster_mappings import Current
from registry.roster_opening import Opened, Sealed, open_roster
from registry.roster_rows import Entry, Roster, Rows
from shared import faults, logs

READER = "import sys; from registry import roster_reader; roster_reader.main(int(sys.argv[1]))"
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ")
"""Master keys and passwords are not for a process that reads what strangers wrote."""
AT_ONCE = 500
"""Rows to an answer: what it is pickled into stays small enough to be used again and again."""
LARGE = 20
"""Chunks (of 500 rows) from which on a roster is worth a process: to start one costs half a second."""


class ReaderGoneError(ConnectionError):
    """The process has ended while this roster was asked for; all that it had read has to be read anew."""

    def __init__(self, roster_id: UUID) -> None:
        super().__init__(roster_id)
        self.roster_id = roster_id


class ReaderFailedError(Exception):
    """What went wrong there, as type and line: an exception's own text may carry what stands in a cell."""


class Reader:
    """The process, started with the first roster that needs it, or ahead of it; end it with `close`."""

    def __init__(self) -> None:
        self._pipe: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()

    def start(self) -> None:
        """Start the process, which takes half a second: meanwhile there is something else to do."""
        with self._guard:
            self._pipe = self._pipe or self._start()

    def open_roster(
        self,
        roster: Roster,
        facts: Sealed,
        chunks: Sequence[Sealed],
        keys: Mapping[str, bytes],
        index: BlindIndex,
        lines: Lines,
        mappings: Current,
    ) -> Opened:
        """Read a roster there, as `roster_opening.open_roster` does here; its rows stay there too."""
        opened: Opened
        opened, size = self._ask(roster.roster_id, "open", roster, facts, chunks, keys, index, lines, mappings)
        return opened if size is None else replace(opened, accepted=_RowsThere(self, roster.roster_id, size))

    def entries(self, roster_id: UUID, first: int, last: int) -> list[Entry]:
        """Some of the rows of a roster that was read."""
        found: list[Entry] = []
        for start in range(first, last, AT_ONCE):
            found += self._ask(roster_id, "entries", roster_id, start, min(start + AT_ONCE, last))
        return found

    def close(self) -> None:
        """End the process, and with it all that it had read; who still waits for its answer is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        with self._guard:
            if self._pipe is not None:
                self._pipe.close()

    def _ask(self, roster_id: UUID, *request: Any) -> Any:
        with self._guard:
            pipe = self._pipe or self._start()
            try:
                pipe.send(request)
                answer = pipe.recv()
            except (EOFError, OSError) as error:
                raise ReaderGoneError(roster_id) from error
        if isinstance(answer, ReaderFailedError):
            raise answer
        return answer

    def _start(self) -> Connection:
        environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self._pipe, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-c", READER, str(theirs.fileno())]
            self._process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])  # noqa: S603
        return self._pipe


@dataclass(frozen=True, slots=True)
class _RowsThere:
    """The rows of a roster in the reader's memory."""

    reader: Reader
    roster_id: UUID
    size: int

    def __len__(self) -> int:
        return self.size

    def entries(self, first: int, last: int) -> list[Entry]:
        """Some of the rows, in the order in which they take effect."""
        return self.reader.entries(self.roster_id, first, last)


def main(pipe: int) -> None:
    """Read what comes through the pipe (a descriptor) until it ends, which it does with the service."""
    logs.set_up("registry", "INFO")
    # It makes no cycles worth a search, and ends with the run.
    gc.disable()
    # What ends the service (Ctrl-C goes to both) must not look as if a roster had killed its reader.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    known: dict[UUID, Rows] = {}
    with Connection(pipe) as line:
        while True:
            try:
                request = line.recv()
            except EOFError:
                return
            try:
                answer = _answer(known, *request)
            except Exception as error:
                answer = ReaderFailedError(faults.where(error))
            line.send(answer)


def _answer(known: dict[UUID, Rows], task: str, roster: Any, *told: Any) -> Any:
    if task == "entries":
        return known[roster].entries(*told)
    opened = open_roster(roster, *told)
    if not isinstance(opened.accepted, Rows):
        return opened, None
    known[roster.roster_id] = opened.accepted
    return replace(opened, accepted=None), len(opened.accepted)
