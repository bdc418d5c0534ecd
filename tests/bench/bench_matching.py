"""Matching, measured: a labelled population of 100,000 people on two waves of rosters, through the register's own code.

Precision is of the rows that were joined without a person's word; recall counts rows about somebody known that were
joined to them or wait with them in the review queue. BENCH_FULL=1 takes 300,000 people.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from measured import FULL, Report

from khamdoan.testing.servers import Servers
from registry.master_keys import MasterKeys
from registry.vault import open_vault
from shared.database import Database
from shared.testing import Templates

REGISTRY = Path(__file__).parents[2] / "services/registry"
sys.path.insert(0, str(REGISTRY / "tests"))

import matching_trial  # noqa: E402
from matching_population import Population  # noqa: E402

PEOPLE = 300_000 if FULL else 100_000
STRANGERS = PEOPLE // 10
WHO = "who is joined and who is doubted"


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """Collects while the measurement runs; prints at the end."""
    collected = Report("matching", f"MATCHING: {PEOPLE:,} people, then {PEOPLE + STRANGERS:,} noisy rows about them")
    yield collected
    collected.finish()


async def _run(servers: Servers) -> matching_trial.Outcome:
    templates = Templates(servers.database_url)
    database = Database(await templates.clone(REGISTRY / "migrations"), max_connections=4)
    await database.open()
    vault = await open_vault(database.url, MasterKeys({"1": bytes(32)}))
    try:
        return await matching_trial.run(database, vault, Population(PEOPLE, STRANGERS))
    finally:
        await vault.database.close()
        await database.close()
        for name in (database.url.rpartition("/")[2], *templates.names.values()):
            await templates.drop(name)


def test_who_is_joined_who_waits_and_how_fast(servers: Servers, report: Report) -> None:
    outcome = asyncio.run(_run(servers))

    wrong, missed = 10_000 * (1 - outcome.precision), 10_000 * (1 - outcome.recall)
    report.take(WHO, "wrong of 10,000 automatic joins", wrong, "", f"{outcome.joined_wrongly} of {outcome.joined:,}")
    report.take(WHO, "missed of 10,000 known people", missed, "", f"{outcome.lost} of {outcome.of_known:,}")
    report.take(WHO, "rows joined without a person's word", outcome.joined, "rows")
    report.take(WHO, "pairs in the review queue", outcome.queue, "pairs")
    report.take(WHO, "pairs of the queue that are one person", 100 * outcome.queue_precision, "%")
    report.take("speed", "rows read, matched and written", outcome.rows / outcome.seconds, "rows/s", "by the clock")
    report.take("speed", "the same by the process's own processor", outcome.rows / outcome.processor_seconds, "rows/s")
    assert outcome.precision >= 0.9999
    assert outcome.recall >= 0.98
