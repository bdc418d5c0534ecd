"""An event about what is not known yet waits; it is neither refused nor dead, and no wake-up is lost."""

from uuid import uuid4

from kernel_shop import CustomerKnown, OrderChanged, OrderPlaced, OrderStored, Store, an_order
from structlog.testing import capture_logs

from shared import waiting
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.delivery import Delivery
from shared.testing import Deliver, arrival_of


async def test_what_waits_for_one_thing_is_released_in_order_of_arrival(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer, order_id = uuid4(), uuid4()
    for amount in (1, 2, 3):
        await deliver(store.consumer, database, [an_order(amount, order_id=order_id, customer_id=customer)])

    await deliver(store.consumer, database, [CustomerKnown(customer_id=customer)])

    assert await database.pool.fetchval("SELECT history FROM orders") == [1, 2, 3]


async def test_a_message_and_what_it_waits_for_may_come_in_one_batch(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer = uuid4()
    early = an_order(5, customer_id=customer)

    said = await deliver(store.consumer, database, [early, CustomerKnown(customer_id=customer)])

    assert said == [OrderStored(order_id=early.order_id, total=5)]


async def test_a_hold_that_races_with_its_release_is_not_forgotten(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer = uuid4()
    early = an_order(5, customer_id=customer)

    # Another process makes the customer known: it has looked for waiting messages and is about to commit.
    async with database.transaction() as elsewhere:
        await elsewhere.execute("INSERT INTO customers VALUES ($1)", customer)
        await waiting.release(elsewhere, "customer", [customer])
        holding = store.spawn(deliver(store.consumer, database, [early]))
        await store.until_blocked(database)
    said = await holding

    assert said == [OrderStored(order_id=early.order_id, total=5)]
    assert await database.pool.fetchval("SELECT count(*) FROM waiting") == 0


async def test_who_holds_and_who_releases_lock_what_their_handlers_need_first(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer, order_id = uuid4(), uuid4()
    await deliver(store.consumer, database, [an_order(1, order_id=order_id)])
    batch = [an_order(5, customer_id=customer), an_order(2, order_id=order_id)]

    with capture_logs() as logged:
        async with database.transaction() as elsewhere:
            await elsewhere.execute("UPDATE orders SET total = total WHERE id = $1", order_id)
            holding = store.spawn(deliver(store.consumer, database, batch))
            await store.until_blocked(database)
            await elsewhere.execute("INSERT INTO customers VALUES ($1)", customer)
            await waiting.release(elsewhere, "customer", [customer])
        said = await holding

    assert sorted(event.total for event in said) == [3, 5]
    assert [entry for entry in logged if entry["event"] == "batch tried again"] == []  # a deadlock


async def test_poison_that_waited_is_not_blamed_on_what_released_it(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer = uuid4()
    poison = an_order(1, customer_id=customer, poison=True)
    good = an_order(2, customer_id=customer)
    await deliver(store.consumer, database, [poison, good])

    said = await deliver(
        store.consumer,
        database,
        [CustomerKnown(customer_id=customer), OrderChanged(order_id=poison.order_id)],
        may_park=True,
    )

    assert [arrival.key for arrival, _ in said.outcome.parked] == [str(poison.order_id)] * 2
    assert await database.pool.fetchval("SELECT count(*) FROM customers") == 1
    assert await database.pool.fetchval("SELECT array_agg(total) FROM orders") == [2]


async def test_what_waits_for_one_thing_may_wait_for_another_after_it(database: Database, deliver: Deliver) -> None:
    order, seen = an_order(1), []
    consumer, known = Consumer("two-steps"), set[str]()

    @consumer.on(OrderPlaced)
    async def on_order_placed(tx: Transaction, batch: Batch[OrderPlaced]) -> None:
        missing = next((kind for kind in ("first", "second") if kind not in known), None)
        if missing is None:
            seen.append(batch.events)
        else:
            await waiting.hold(tx, list(batch), missing, [event.order_id for event in batch.events])

    @consumer.on(CustomerKnown)
    async def on_customer_known(tx: Transaction, batch: Batch[CustomerKnown]) -> None:
        kind = "second" if "first" in known else "first"
        known.add(kind)
        await waiting.release(tx, kind, [order.order_id])

    await deliver(consumer, database, [order])
    await deliver(consumer, database, [CustomerKnown(customer_id=uuid4())])
    assert seen == []
    await deliver(consumer, database, [CustomerKnown(customer_id=uuid4())])

    assert seen == [[order]]


async def test_a_route_may_release_what_waits(store: Store, database: Database, deliver: Deliver) -> None:
    customer = uuid4()
    await deliver(store.consumer, database, [an_order(3, customer_id=customer)])

    Delivery(store.consumer, database)
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO customers VALUES ($1)", customer)
        await waiting.release(tx, "customer", [customer])

    assert await database.pool.fetchval("SELECT total FROM orders") == 3


async def test_what_waits_survives_in_full(database: Database, deliver: Deliver, store: Store) -> None:
    early = arrival_of(an_order(5, customer_id=uuid4()), 17)
    await deliver(store.consumer, database, [early])

    row = await database.pool.fetchrow("DELETE FROM waiting RETURNING *")

    assert row is not None
    assert (row["topic"], row["offset"], row["key"], row["value"]) == (early.topic, 17, early.key, early.value)
    assert Consumer("other").topics == []
