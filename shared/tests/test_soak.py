"""Two members under load, killed and frozen at random: nothing is lost, doubled or out of order."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from random import Random
from uuid import uuid4

import pytest
from kernel_children import Child, child
from kernel_shop import OrderPlaced, an_order, first_appearances

from shared.database import Database
from shared.failpoints import PLACES
from shared.settings import Settings
from shared.testing import Topics, until

SEED = int(os.environ.get("SOAK_SEED", "1"))
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "4"))
PER_ROUND = 400


async def one_round(random: Random, stack: AsyncExitStack, settings: Settings) -> Child:
    """Start a member with a failpoint somewhere ahead; see it struck, or strike it by hand."""
    harm = random.choice(["kill", "kill", "freeze"])
    failpoint = f"{random.choice(sorted(PLACES))}:{random.randint(1, 6)}:{harm}"
    member = await stack.enter_async_context(child(settings, KHAMDOAN_FAILPOINT=failpoint))
    await asyncio.wait({asyncio.ensure_future(member.struck())}, timeout=random.uniform(3, 9))
    return member


@pytest.mark.slow
async def test_members_killed_and_frozen_at_random_lose_double_and_disorder_nothing(
    database: Database, kafka: Topics
) -> None:
    random = Random(SEED)
    keys = [uuid4() for _ in range(40)]
    said: list[OrderPlaced] = []
    await kafka.create("shop.customers", "shop.orders", "store.orders", "store.deliveries", partitions=4)
    settings = kafka.settings(database, kafka_max_records=50, database_idle_seconds=4)

    async with AsyncExitStack() as stack:
        members: list[Child] = []
        for _ in range(ROUNDS):
            orders = [an_order(len(said) + number, order_id=random.choice(keys)) for number in range(PER_ROUND)]
            said += orders
            await kafka.say(*orders)
            members += await asyncio.gather(*(one_round(random, stack, settings) for _ in range(2)))
            for member in random.sample(members, len(members) // 2):
                member.send(random.choice([signal.SIGCONT, signal.SIGKILL]))
        for member in members:
            member.send(signal.SIGCONT)
        await stack.enter_async_context(child(settings))
        await until(database, f"SELECT sum(cardinality(history)) >= {len(said)} FROM orders")
        await until(database, "SELECT count(*) = 0 FROM outbox")

    rows = await database.pool.fetch("SELECT id, history FROM orders")
    expected = {key: [order.amount for order in said if order.order_id == key] for key in keys}
    assert {row["id"]: row["history"] for row in rows} == expected
    heard = first_appearances(await kafka.hear("store.orders"))
    assert heard == {str(key): list(range(1, len(amounts) + 1)) for key, amounts in expected.items()}
    assert await database.pool.fetchval("SELECT count(*) FROM dead_letters") == 0
