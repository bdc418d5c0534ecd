"""A whole service on a real Kafka and PostgreSQL."""

from uuid import uuid4

from kernel_shop import OrderChanged, Store, an_order

from shared.database import Database
from shared.service import Service
from shared.testing import Topics, running


async def test_what_is_said_arrives_takes_effect_and_is_said_on(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    order_id = uuid4()
    orders = [an_order(1) for _ in range(50)]

    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await kafka.say(*orders, an_order(1, order_id=order_id), OrderChanged(order_id=order_id, amount=2))
        heard = await kafka.hear("store.orders", 52)

    assert len(heard) == 52
    assert [a.headers["ce_sequence"] for a in heard if a.key == str(order_id)] == ["1", "2"]
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0
