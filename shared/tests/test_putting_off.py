"""What is more urgent goes first: a topic that is put off waits in the outbox, and comes in order afterwards."""

from uuid import uuid4

from kernel_shop import KEYS, CustomerKnown, OrderStored, Store, first_appearances

from shared import outbox
from shared.database import Database
from shared.service import Service
from shared.testing import Topics, running, until


async def say_round(database: Database, number: int) -> None:
    """One order of every key, and a customer."""
    async with database.transaction() as tx:
        orders = [outbox.outgoing(OrderStored(order_id=key, total=number)) for key in KEYS]
        await outbox.append(tx, [*orders, outbox.outgoing(CustomerKnown(customer_id=uuid4()))])


async def test_a_topic_that_is_put_off_waits_while_others_flow_and_comes_in_order(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    service = Service("store", kafka.settings(database), consumer=store.consumer)

    async with running(service):
        service.relay.put_off("store.orders", 60.0)
        await say_round(service.database, 1)
        await say_round(service.database, 2)
        await until(database, f"SELECT count(*) = {2 * len(KEYS)} FROM outbox")
        waiting = await kafka.hear("store.orders")
        service.relay.put_off("store.orders", 0.0)
        await say_round(service.database, 3)
        heard = await kafka.hear("store.orders", 3 * len(KEYS))

    assert waiting == []
    assert first_appearances(heard) == {str(key): [1, 2, 3] for key in KEYS}


async def test_what_was_put_off_comes_by_itself_when_its_time_is_over(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    service = Service("store", kafka.settings(database), consumer=store.consumer)

    async with running(service):
        service.relay.put_off("store.orders", 0.5)
        await say_round(service.database, 1)

        assert len(await kafka.hear("store.orders", len(KEYS))) == len(KEYS)


async def test_who_puts_off_again_and_again_puts_off_no_longer(store: Store, database: Database, kafka: Topics) -> None:
    await kafka.create("store.orders")
    service = Service("store", kafka.settings(database), consumer=store.consumer)

    async with running(service):
        service.relay.put_off("store.orders", 0.5)
        await say_round(service.database, 1)
        service.relay.put_off("store.orders", 60.0)

        assert len(await kafka.hear("store.orders", len(KEYS))) == len(KEYS)
