"""A kill -9 between any two steps: deliveries repeat, effects and events do not (guarantees 1 and 3)."""

import signal
from uuid import UUID

from kernel_children import child
from kernel_shop import KEYS, OrderStored, first_appearances, orders

from shared import outbox
from shared.database import Database
from shared.failpoints import PLACES
from shared.testing import Topics, until


async def histories(database: Database) -> dict[UUID, list[int]]:
    """What took effect, per key and in order."""
    return {row["id"]: row["history"] for row in await database.pool.fetch("SELECT id, history FROM orders")}


async def test_kills_between_any_two_steps_leave_every_effect_exactly_once(database: Database, kafka: Topics) -> None:
    places = sorted(PLACES)
    said = orders(8 * len(KEYS))
    await kafka.create("shop.customers", "shop.orders", "store.orders", "store.deliveries")
    settings = kafka.settings(database, kafka_instance_id="store-1")

    for number, place in enumerate(places):
        async with child(settings, KHAMDOAN_FAILPOINT=place) as doomed:
            await kafka.say(*said[number * len(KEYS) : (number + 1) * len(KEYS)])
            assert await doomed.ended() == -signal.SIGKILL
    async with child(settings):
        await kafka.say(*said[len(places) * len(KEYS) :])
        await until(database, "SELECT sum(cardinality(history)) >= 64 AND NOT EXISTS (SELECT FROM outbox) FROM orders")

    assert await histories(database) == {key: [order.amount for order in said if order.order_id == key] for key in KEYS}
    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 9)) for key in KEYS}


async def test_what_a_killed_relay_left_is_published_long_before_its_lease_ends(
    database: Database, kafka: Topics
) -> None:
    await kafka.create("shop.customers", "shop.orders", "store.orders", "store.deliveries")
    settings = kafka.settings(database, relay_lease_seconds=30)
    both_hold = "SELECT count(DISTINCT holder) = 2 AND count(holder) = 16 FROM leases"

    async with child(settings, KHAMDOAN_FAILPOINT="before_produce") as doomed, child(settings):
        await until(database, both_hold)
        async with database.transaction() as tx:
            said = [OrderStored(order_id=key, total=number) for key in KEYS for number in range(5)]
            await outbox.append(tx, [outbox.outgoing(event) for event in said])
        assert await doomed.ended() == -signal.SIGKILL
        await until(database, "SELECT count(*) = 0 FROM outbox", seconds=20)

    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 6)) for key in KEYS}
