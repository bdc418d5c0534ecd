"""What classification needs of a worker: sex, age, hazards, heavy work; never identity."""

from collections.abc import Sequence
from datetime import date

from pydantic_core import to_json

from contracts.registry import WorkerFacts, WorkerMerged, WorkerMergeUndone
from results import store
from shared import waiting
from shared.database import Transaction

NORMAL = (None, "NORMAL")
EARLIEST = date(1900, 1, 1)
"""From when facts hold that do not say it."""


async def put(tx: Transaction, facts: Sequence[WorkerFacts]) -> None:
    """Take the facts as they are now, and hear the records that waited for them."""
    worker_ids = [fact.worker_id for fact in facts]
    await tx.execute(
        store.PUT_WORKERS,
        worker_ids,
        [fact.employer_id for fact in facts],
        [fact.sex for fact in facts],
        [fact.born for fact in facts],
        [fact.heavy_class not in NORMAL for fact in facts],
        [" ".join(exposure.hazard for exposure in fact.exposures) for fact in facts],
        [_begun(fact) for fact in facts],
        [fact.as_of or EARLIEST for fact in facts],
    )
    await waiting.release(tx, "worker", worker_ids)


def _begun(facts: WorkerFacts) -> str:
    """Since when the worker is exposed to hazards, of those that say it, as JSON."""
    return to_json({exposure.hazard: exposure.since for exposure in facts.exposures if exposure.since}).decode()


async def stand(tx: Transaction, turns: Sequence[WorkerMerged] | Sequence[WorkerMergeUndone]) -> None:
    """Know who stands for these workers: a person's findings count once, whoever they were recorded for."""
    await tx.execute(
        store.PUT_TURNS, [t.worker_id for t in turns], [t.stand_in for t in turns], [t.version for t in turns]
    )
