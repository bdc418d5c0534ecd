"""Records that come twice, thrice, all over again, or before what they speak of: each takes effect once, in order."""

from collections import defaultdict
from random import Random
from uuid import UUID, uuid4

from fault_feed import TOPICS
from fault_report import Figure
from kernel_shop import CustomerKnown, OrderPlaced, Store, an_order, first_appearances

from shared.database import Database
from shared.outbox import Outgoing, outgoing
from shared.service import Service
from shared.testing import Topics, running, until

SEED = 11


def expected(orders: list[Outgoing]) -> dict[UUID, list[int]]:
    """The amounts that each key must have had, in order."""
    histories: dict[UUID, list[int]] = defaultdict(list)
    for said in orders:
        assert isinstance(said.event, OrderPlaced)
        histories[said.event.order_id].append(said.event.amount)
    return histories


async def histories(database: Database) -> dict[UUID, list[int]]:
    """What took effect, per key and in order."""
    return {row["id"]: row["history"] for row in await database.pool.fetch("SELECT id, history FROM orders")}


async def all_read(database: Database, kafka: Topics) -> None:
    """Wait until nothing in the topics is unread and all effects were said."""
    ends = len(await kafka.hear("shop.orders")) + len(await kafka.hear("shop.customers"))
    await until(database, f"SELECT coalesce(sum(next_offset), 0) = {ends} FROM consumed")
    await until(database, "SELECT count(*) = 0 FROM outbox")


async def test_every_record_delivered_one_to_three_times_and_then_all_of_them_again(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    random = Random(SEED)
    keys = [uuid4() for _ in range(20)]
    orders = [outgoing(an_order(number, order_id=random.choice(keys))) for number in range(400)]
    repeated: list[Outgoing] = []
    for order in orders:
        repeated.append(order)
        # A copy follows at once, or later, behind others of its key.
        repeated += random.choices(repeated[-30:], k=random.randint(0, 2))
    await kafka.create(*TOPICS)

    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await kafka.say(*repeated)
        await kafka.say(*repeated)
        await all_read(database, kafka)

    assert await histories(database) == expected(orders)
    heard = await kafka.hear("store.orders")
    assert len(heard) == len(orders)
    figure("Every record one to three times, and the topic again", records=2 * len(repeated), effects=len(heard))


async def test_orders_that_come_before_the_customers_they_speak_of(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    random = Random(SEED)
    customers = [uuid4() for _ in range(20)]
    of_customer = {uuid4(): customer for customer in customers for _ in range(3)}
    keys = list(of_customer)
    orders: list[Outgoing] = []
    for number in range(400):
        key = random.choice(keys)
        orders.append(outgoing(an_order(number, order_id=key, customer_id=of_customer[key])))
    known = [outgoing(CustomerKnown(customer_id=customer)) for customer in customers]
    await kafka.create(*TOPICS)

    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await kafka.say(*orders[:200])
        await kafka.say(*known[:15], *orders[200:], *known[10:])
        await all_read(database, kafka)

    assert await histories(database) == expected(orders)
    assert await database.pool.fetchval("SELECT count(*) FROM waiting") == 0
    amounts = expected(orders)
    heard = first_appearances(await kafka.hear("store.orders"))
    assert heard == {str(key): list(range(1, len(of_key) + 1)) for key, of_key in amounts.items()}
    figure("Out of order across topics", orders=len(orders), waited_for=len(customers))
