"""Which of the tables of results are made of events alone; `python -m results.projections` makes them again."""

import sys
from typing import Any

from contracts.registry import WorkerChanged, WorkerMerged, WorkerMergeUndone, WorkerRegistered
from results import workers
from results.app import MIGRATIONS
from results.settings import Settings
from shared import rebuild_command
from shared.consuming import Batch
from shared.database import Transaction
from shared.projections import Projections, Table

WORKERS = (WorkerRegistered, WorkerChanged)
MERGES = (WorkerMerged, WorkerMergeUndone)


async def _put_workers(tx: Transaction, batch: Batch[Any]) -> None:
    await workers.put(tx, batch.events)


async def _stand(tx: Transaction, batch: Batch[Any]) -> None:
    await workers.stand(tx, batch.events)


PROJECTIONS = Projections(
    service="results",
    migrations=MIGRATIONS,
    tables={"workers": Table(WORKERS), "merges": Table(MERGES)},
    handlers={**dict.fromkeys(WORKERS, _put_workers), **dict.fromkeys(MERGES, _stand)},
    records={
        "visits": "counts versions and what was received",
        "records": "what clinics said; their topics are kept for 90 days",
        "conclusions": "what doctors concluded; their topics are kept for 90 days",
        "follow_ups": "opened here",
        "clusters": "told once in a campaign",
        "calendar": "how far the days are that it acted on",
    },
)

if __name__ == "__main__":
    sys.exit(rebuild_command.main(PROJECTIONS, Settings()))
