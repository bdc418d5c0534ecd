"""A missing database or broker is waited for; neither is held against a message (guarantee 4)."""

from kernel_children import proxy_of_database, proxy_of_kafka
from kernel_shop import KEYS, OrderStored, Store, an_order, first_appearances, orders

from shared import outbox
from shared.database import Database, Transaction
from shared.delivery import Delivery
from shared.service import Service
from shared.testing import Topics, arrival_of, running, until


async def test_what_was_said_while_the_broker_was_away_arrives_in_order(
    store: Store, database: Database, kafka: Topics
) -> None:
    said = orders(6 * len(KEYS))
    await kafka.create("store.orders")
    async with proxy_of_kafka(kafka.bootstrap) as (proxy, bootstrap):
        settings = kafka.settings(database, kafka_bootstrap_servers=bootstrap)
        async with running(Service("store", settings, consumer=store.consumer)) as service:
            await kafka.say(*said[:16])
            await until(database, "SELECT coalesce(sum(cardinality(history)), 0) = 16 FROM orders")

            await proxy.cut()
            await kafka.say(*said[16:32])
            await service.delivery.deliver(await kafka.unheard_by(database, "shop.orders"))
            assert await database.pool.fetchval("SELECT count(*) FROM outbox") > 0
            assert (await service.ready())["database"]
            await proxy.mend()

            await kafka.say(*said[32:])
            await until(database, "SELECT sum(cardinality(history)) >= 48 FROM orders")
            await until(database, "SELECT count(*) = 0 FROM outbox")

    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 7)) for key in KEYS}


async def test_a_stream_whose_connections_to_the_broker_break_again_and_again_arrives_in_order(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    async with proxy_of_kafka(kafka.bootstrap) as (proxy, bootstrap):
        settings = kafka.settings(database, kafka_bootstrap_servers=bootstrap)
        async with running(Service("store", settings, consumer=store.consumer)) as service:
            for number in range(60):
                async with service.database.transaction() as tx:
                    said = [outbox.outgoing(OrderStored(order_id=key, total=number)) for key in KEYS]
                    await outbox.append(tx, said)
                if number % 10 == 5:
                    await proxy.cut()
                if number % 10 == 8:
                    await proxy.mend()
            await until(database, "SELECT count(*) = 0 FROM outbox")

    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 61)) for key in KEYS}


async def test_messages_that_come_while_the_database_is_away_take_effect_when_it_is_back(
    store: Store, database: Database, kafka: Topics
) -> None:
    said = orders(4 * len(KEYS))
    await kafka.create("store.orders")
    async with proxy_of_database(database.url) as (proxy, url):
        settings = kafka.settings(database, database_url=url)
        async with running(Service("store", settings, consumer=store.consumer)) as service:
            await kafka.say(*said[:16])
            await until(database, "SELECT coalesce(sum(cardinality(history)), 0) = 16 FROM orders")

            await proxy.cut()
            await kafka.say(*said[16:])
            ready_while_away = await service.ready()
            await proxy.mend()
            await until(database, "SELECT sum(cardinality(history)) >= 32 FROM orders")
            await until(database, "SELECT count(*) = 0 FROM outbox")

    assert not ready_while_away["database"]
    assert await database.pool.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 5)) for key in KEYS}


async def test_a_service_that_starts_before_its_servers_waits_for_them(
    store: Store, database: Database, kafka: Topics
) -> None:
    said = orders(len(KEYS))
    await kafka.create("store.orders")
    async with (
        proxy_of_database(database.url) as (postgres, url),
        proxy_of_kafka(kafka.bootstrap) as (broker, bootstrap),
    ):
        await kafka.create("shop.customers", "shop.orders", "store.deliveries")
        await postgres.cut()
        await broker.cut()
        settings = kafka.settings(database, database_url=url, kafka_bootstrap_servers=bootstrap)
        service = Service("store", settings, consumer=store.consumer)
        async with running(service, wait=False):
            await kafka.say(*said)
            before = await service.ready()
            await postgres.mend()
            await until(database, "SELECT count(*) > 0 FROM relays")
            between = await service.ready()
            await broker.mend()
            await until(database, "SELECT count(*) = 8 FROM orders")

    assert before == {"migrated": False, "database": False, "assigned": False, "polling": False}
    assert between == {"migrated": True, "database": True, "assigned": False, "polling": False}


async def test_a_commit_whose_reply_is_lost_is_found_to_be_done(store: Store, database: Database) -> None:
    async with proxy_of_database(database.url) as (proxy, url):
        far = Database(url)
        await far.open()

        async def lose_the_reply(_tx: Transaction) -> None:
            proxy.mute()
            far.before_commit = None

        far.before_commit = lose_the_reply
        delivering = store.spawn(
            Delivery(store.consumer, far).deliver([arrival_of(order, place) for place, order in enumerate(orders(8))])
        )
        await until(database, "SELECT count(*) = 8 FROM orders")
        await proxy.cut()
        await proxy.mend()
        outcome = await delivering
        await far.close()

    assert outcome.results["", "repeated"] == 8
    assert await database.pool.fetchval("SELECT sum(cardinality(history)) FROM orders") == 8
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 8


async def test_a_topic_that_does_not_exist_holds_up_no_other(store: Store, database: Database, kafka: Topics) -> None:
    order = an_order(1, poison=True)
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        # The totals' topic is missing; the announcement of the poison is said after them and must pass.
        await kafka.say(*orders(4))
        await until(database, "SELECT count(*) = 4 FROM orders")
        await kafka.say(order)
        (announced,) = await kafka.hear("store.deliveries", 1)
        await kafka.create("store.orders")
        await until(database, "SELECT count(*) = 0 FROM outbox")

    assert announced.headers["ce_type"] == "vn.khamdoan.store.delivery.parked.v1"
    assert len(await kafka.hear("store.orders")) == 4
