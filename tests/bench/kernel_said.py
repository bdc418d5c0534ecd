"""As a program: a service that says events at a steady pace and notes when each was committed.

BENCH_PACE is in events per second, BENCH_PER_TRANSACTION how many share a transaction, BENCH_SECONDS how long,
BENCH_NOTES the file the notes go to: key of the event, nanoseconds of the machine's monotonic clock.
"""

import asyncio
import json
import os
from pathlib import Path
from time import monotonic, monotonic_ns
from uuid import uuid4

from kernel_job import GROUP, MIGRATIONS, ItemBooked

from shared import outbox
from shared.database import Database
from shared.outbox import Outgoing, outgoing
from shared.service import Service, Settings

PACE = float(os.environ["BENCH_PACE"])
PER_TRANSACTION = int(os.environ["BENCH_PER_TRANSACTION"])
SECONDS = float(os.environ["BENCH_SECONDS"])
WARM_UP = 2.0


async def say_for_a_while(service: Service, database: Database) -> dict[str, int]:
    """Transactions start by the clock, whether or not earlier ones have ended: none is spared a slow moment."""
    while len(service.relay.leases.held) < outbox.SHARDS:  # noqa: ASYNC110 - leases tell nobody
        await asyncio.sleep(0.05)
    committed: dict[str, int] = {}
    started = monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int((WARM_UP + SECONDS) * PACE / PER_TRANSACTION)):
            due = started + number * PER_TRANSACTION / PACE
            await asyncio.sleep(max(0.0, due - monotonic()))
            events = [outgoing(ItemBooked(item_id=uuid4(), total=1, note="n" * 430)) for _ in range(PER_TRANSACTION)]
            tasks.create_task(_say(database, events, committed if due - started >= WARM_UP else {}))
    return committed


async def _say(database: Database, events: list[Outgoing], committed: dict[str, int]) -> None:
    async with database.transaction() as tx:
        await outbox.append(tx, events)
    now = monotonic_ns()
    committed.update((event.headers["ce_subject"], now) for event in events)


async def main() -> dict[str, int]:
    """Run until it has said all, then drain."""
    committed: dict[str, int] = {}

    async def say(database: Database, stop: asyncio.Event) -> None:
        committed.update(await say_for_a_while(service, database))
        stop.set()

    service = Service(GROUP, Settings(), migrations=MIGRATIONS, background=[say])
    await service.run()
    return committed


if __name__ == "__main__":
    Path(os.environ["BENCH_NOTES"]).write_text(json.dumps(asyncio.run(main())))
