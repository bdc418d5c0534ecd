"""Workers per second from sealed rosters to committed events; Kafka, which is not asked here, comes on top.

Run with DATABASE_URL set: `python services/registry/tests/roster_throughput.py [rosters] [rows]` (1259 of 30 rows).
"""

import asyncio
import gc
import os
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from urllib.parse import urlsplit
from uuid import uuid4

from registry_builders import Register, a_federation, a_person, a_roster, a_sheet, an_organisation, says

from contracts.base import Event
from registry.consumers import consumer
from registry.master_keys import MasterKeys
from registry.vault import open_vault
from shared.database import Database
from shared.delivery import Delivery
from shared.outbox import Outgoing
from shared.testing import Said, Templates, arrival_of

MIGRATIONS = Path(__file__).parents[1] / "migrations"
POLLED_AT_ONCE = 1_000
OFFSETS = count()


async def measure(rosters: int, rows: int) -> None:
    """Every unit sends its list, and then sends it again."""
    templates = Templates(os.environ["DATABASE_URL"])
    database = Database(await templates.clone(MIGRATIONS))
    await database.open()
    vault = await open_vault(database.url, MasterKeys({"1": bytes(32)}))
    register = await Register.open(database, vault, _polled)
    units = [uuid4() for _ in range(rosters)]
    declared = [an_organisation(organisation_id=unit, code=str(unit)) for unit in units]
    await _polled(consumer, database, [says(a_federation()), *map(says, declared)])
    lists = [a_sheet(*(a_person(number * rows + row) for row in range(rows))) for number in range(rosters)]
    # As a service does after its start.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    for round_ in ("first", "again"):
        sendings = [a_roster(register.key, cells, unit_id=unit) for unit, cells in zip(units, lists, strict=True)]
        events: list[Event | Outgoing] = [says(event) for sending in sendings for event in sending.events]
        begun, worked = perf_counter(), process_time()
        await _polled(consumer, database, events)
        await register.run()
        seconds, cpu = perf_counter() - begun, process_time() - worked
        print(  # noqa: T201
            f"{round_}: {rosters * rows} rows in {seconds:.1f} s, {rosters * rows / seconds:.0f}/s, "
            f"{cpu:.1f} s of a core, {len(register.heard)} events so far"
        )
    await vault.database.close()
    await database.close()
    await templates.drop(urlsplit(database.url).path.removeprefix("/"))
    for name in templates.names.values():
        await templates.drop(name)


async def _polled(_: object, database: Database, events: Sequence[Event | Outgoing]) -> Said:
    arrivals = [arrival_of(event, next(OFFSETS)) for event in events]
    for first in range(0, len(arrivals), POLLED_AT_ONCE):
        outcome = await Delivery(consumer, database).deliver(arrivals[first : first + POLLED_AT_ONCE])
        if outcome.parked:
            raise outcome.errors[0]
    return Said(outcome)


if __name__ == "__main__":
    asked = [int(argument) for argument in sys.argv[1:3]]
    asyncio.run(measure(*(asked if len(asked) == 2 else (1259, 30))))
