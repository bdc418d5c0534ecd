"""A population on its first and then its second rosters, through the register's own reading, matching and writing."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter, process_time
from uuid import UUID, uuid4

from matching_population import HEADER, Population, Row, rosters, unit_id
from registry_builders import REFERENCE

from contracts.roster_cells import RosterCells, Sheet
from registry import workers
from registry.ledger import Decision, Page
from registry.reading.reader import read
from registry.roster_rows import Roster, Rows, columns_of
from registry.vault import Vault
from shared.clock import new_id
from shared.database import Database

ROWS_PER_STEP = 2_000


@dataclass
class Outcome:
    """What came of the second rosters; pairs are of a new worker and the one they may be."""

    rows: int = 0
    refused: int = 0
    of_known: int = 0
    joined: int = 0
    joined_wrongly: int = 0
    known_in_queue: int = 0
    queue: int = 0
    queue_right: int = 0
    lost: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0

    @property
    def precision(self) -> float:
        """Of the rows joined without a person's word, how many mean whom they were joined to."""
        return 1 - self.joined_wrongly / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        """Of the rows about somebody known, how many were joined to them or wait with them in the queue."""
        return (self.joined - self.joined_wrongly + self.known_in_queue) / self.of_known

    @property
    def queue_precision(self) -> float:
        """Of the pairs that a registrar looks at, how many are one person."""
        return self.queue_right / self.queue if self.queue else 1.0


async def run(database: Database, vault: Vault, population: Population) -> Outcome:
    """Register the first rosters, then take the second and hold what they did against the truth."""
    worker_of: dict[int, UUID] = {}
    async for row, decision in _taken(database, vault, population.first):
        assert row.person is not None
        worker_of[row.person] = decision.known.worker_id
    person_of = {worker_id: person for person, worker_id in worker_of.items()}
    await database.pool.execute("DELETE FROM reviews")
    outcome, begun, worked = Outcome(), perf_counter(), process_time()
    truth: dict[UUID, UUID] = {}
    async for row, decision in _taken(database, vault, population.second):
        outcome.rows += 1
        target = None if row.person is None else worker_of.get(row.person)
        outcome.of_known += target is not None
        if not decision.is_new:
            outcome.joined += 1
            outcome.joined_wrongly += person_of.get(decision.known.worker_id) != row.person
        elif target is not None:
            truth[decision.known.worker_id] = target
    outcome.seconds, outcome.processor_seconds = perf_counter() - begun, process_time() - worked
    asked = await database.pool.fetch("SELECT worker_id, other_id FROM reviews")
    pairs = {(row["worker_id"], row["other_id"]) for row in asked}
    outcome.queue = len(pairs)
    outcome.queue_right = sum((new, known) in pairs for new, known in truth.items())
    outcome.known_in_queue = outcome.queue_right
    outcome.lost = len(truth) - outcome.known_in_queue
    outcome.refused = len(population.second) - outcome.rows
    return outcome


async def _taken(database: Database, vault: Vault, rows: list[Row]) -> AsyncIterator[tuple[Row, Decision]]:
    """Every row that was accepted, with what it did, roster after roster, in steps of the register's size."""
    for step in _steps(vault, rows):
        pages = [page for page, _ in step]
        about = {(page.roster.roster_id, number): row for page, lines in step for number, row in lines.items()}
        async with database.transaction() as tx:
            ledger = await workers.decide(tx, vault, pages, new_id)
            await workers.write(tx, vault, ledger)
        for decision in ledger.decisions:
            yield about[decision.roster.roster_id, decision.entry.row], decision


def _steps(vault: Vault, rows: list[Row]) -> Iterator[list[tuple[Page, dict[int, Row]]]]:
    step: list[tuple[Page, dict[int, Row]]] = []
    room = ROWS_PER_STEP
    for page, lines in _pages(vault, rows):
        step.append((page, lines))
        room -= len(page.entries)
        if room <= 0:
            yield step
            step, room = [], ROWS_PER_STEP
    if step:
        yield step


def _pages(vault: Vault, rows: Iterable[Row]) -> Iterator[tuple[Page, dict[int, Row]]]:
    for unit, lines in rosters(list(rows)):
        cells = RosterCells(container="text", sheets=[Sheet("", [list(HEADER), *(row.cells for row in lines)])])
        reading = read(cells, REFERENCE)
        assert reading.file_outcome == "accepted", reading.file_codes
        roster = Roster(uuid4(), unit_id(unit), None, None, complete=False, dry_run=False, reference_date=REFERENCE)
        accepted = Rows(reading, roster, vault.index, {})
        taken: set[UUID] = set()
        # The header is the first row of the file.
        by_number = dict(enumerate(lines, 2))
        for first in range(0, len(accepted), ROWS_PER_STEP):
            entries = accepted.entries(first, first + ROWS_PER_STEP)
            yield Page(roster, entries, columns_of(reading), taken), by_number
