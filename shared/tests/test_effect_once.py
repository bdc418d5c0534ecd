"""Effect exactly once, through the real batch transaction."""

from uuid import uuid4

import pytest
from kernel_shop import CustomerKnown, OrderChanged, OrderStored, Store, an_order

from shared import offsets
from shared.database import Database
from shared.delivery import Delivery
from shared.testing import Deliver, arrival_of


async def test_a_batch_takes_effect_and_says_so(store: Store, database: Database, deliver: Deliver) -> None:
    order = an_order(3)

    said = await deliver(store.consumer, database, [order])

    assert said == [OrderStored(order_id=order.order_id, total=3)]
    assert await database.pool.fetchval("SELECT total FROM orders") == 3


async def test_records_delivered_again_have_no_second_effect(
    store: Store, database: Database, deliver: Deliver
) -> None:
    arrivals = [arrival_of(an_order(2), offset) for offset in range(5)]

    await deliver(store.consumer, database, arrivals)
    again = await deliver(store.consumer, database, arrivals)

    assert again == []
    assert await database.pool.fetchval("SELECT sum(total) FROM orders") == 10


async def test_messages_of_one_key_arrive_one_per_call_and_in_order(
    store: Store, database: Database, deliver: Deliver
) -> None:
    first, second = uuid4(), uuid4()

    said = await deliver(
        store.consumer,
        database,
        [
            an_order(1, order_id=first),
            an_order(2, order_id=second),
            OrderChanged(order_id=first, amount=3),
            an_order(4, order_id=first),
        ],
    )

    assert [row.sequence for row in said.rows if row.key == str(first)] == [1, 2, 3]
    assert await database.pool.fetchval("SELECT history FROM orders WHERE id = $1", first) == [1, 3, 4]


async def test_a_database_that_went_back_in_time_stops_the_consumer(store: Store, database: Database) -> None:
    delivery = Delivery(store.consumer, database)
    arrivals = [arrival_of(an_order(2), offset) for offset in range(4)]
    await delivery.deliver(arrivals[:2])

    await database.pool.execute("UPDATE consumed SET next_offset = 1")

    with pytest.raises(offsets.WentBackError):
        await delivery.deliver(arrivals[2:])


async def test_an_order_waits_for_its_customer_and_follows_it(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer = uuid4()
    early = an_order(7, customer_id=customer)

    before = await deliver(store.consumer, database, [early])
    after = await deliver(store.consumer, database, [CustomerKnown(customer_id=customer)])

    assert before == []
    assert after == [OrderStored(order_id=early.order_id, total=7)]
    assert await database.pool.fetchval("SELECT count(*) FROM waiting") == 0


async def test_poison_is_parked_alone_and_the_rest_flows(store: Store, database: Database, deliver: Deliver) -> None:
    bad = an_order(1, poison=True)
    good = [an_order(1) for _ in range(20)]

    said = await deliver(
        store.consumer, database, [*good[:7], bad, *good[7:], OrderChanged(order_id=bad.order_id)], may_park=True
    )

    assert len([event for event in said if isinstance(event, OrderStored)]) == 20
    assert [reason for _, reason in said.outcome.parked] == ["handler_failed", "behind_a_parked_message"]
