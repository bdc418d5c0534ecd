"""Which of scheduling's tables are made of events alone; `python -m scheduling.projections` makes them again."""

import sys
from typing import Any

from contracts.registry import LineChanged, LineRegistered, WorkerMerged, WorkerMergeUndone
from scheduling import demand_store, merge_store
from scheduling.app import MIGRATIONS
from scheduling.settings import Settings
from shared import rebuild_command
from shared.consuming import Batch
from shared.database import Transaction
from shared.projections import Projections, Table

LINES = (LineRegistered, LineChanged)
MERGES = (WorkerMerged, WorkerMergeUndone)


async def _put_lines(tx: Transaction, batch: Batch[Any]) -> None:
    await demand_store.put_lines(tx, batch.events)


async def _merge(tx: Transaction, batch: Batch[WorkerMerged]) -> None:
    await merge_store.put_turns(tx, [(turn.worker_id, turn.person_id, turn.version) for turn in batch.events])


async def _separate(tx: Transaction, batch: Batch[WorkerMergeUndone]) -> None:
    await merge_store.put_turns(tx, [(turn.worker_id, turn.worker_id, turn.version) for turn in batch.events])


PROJECTIONS = Projections(
    service="scheduling",
    migrations=MIGRATIONS,
    tables={"lines": Table(LINES), "merges": Table(MERGES)},
    handlers={**dict.fromkeys(LINES, _put_lines), WorkerMerged: _merge, WorkerMergeUndone: _separate},
    records={
        "calendar": "the day whose work was done",
        "campaigns": "frozen and closing as scheduling acted on them",
        "units": "counts of members, under whose locks demand is declared",
        "memberships": "who ever belonged to a unit",
        "workers": "crews that were assigned, checks that were concluded",
        "closings": "demand that was declared",
        "health_checks": "what was found due, and how it stands",
        "absences": "requests; their topic is kept for 90 days",
        "clinics": "rows to lock",
        "permits": "confirmed sessions stand on them",
        "sessions": "confirmed, withdrawn, and where there is room",
        "appointments": "seats that were given",
        "wait_list": "places in the line",
        "plan_runs": "plans under way and what became of them",
        "plan_placements": "what a plan proposes",
        "what_ifs": "questions under way",
        "make_ups": "where a make-up session was proposed",
    },
)

if __name__ == "__main__":
    sys.exit(rebuild_command.main(PROJECTIONS, Settings()))
