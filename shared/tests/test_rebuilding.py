"""Projections are made again from their topics, and compared with what lives at exactly the same point."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from kernel_shop import ADD, MIGRATIONS, OrderChanged, OrderPlaced, OrderStored, PoisonError, an_order, orders

from shared import outbox, rebuild_command, rebuilding, replaying
from shared.consuming import Batch
from shared.database import Database, Transaction
from shared.history import ShortTopicError
from shared.projections import Projections, Table
from shared.rebuilding import SpeakingError, _Rebuild, rebuild
from shared.replaying import Decision
from shared.service import Service
from shared.testing import Topics, running, until


async def add(tx: Transaction, batch: Batch[Any]) -> None:
    if any(event.poison and event.amount != REPAIRED for event in batch.events):
        raise PoisonError
    await tx.fetch(ADD, [event.order_id for event in batch.events], [event.amount for event in batch.events])


REPAIRED = 70
SHOP = Projections(
    service="store",
    migrations=MIGRATIONS,
    tables={"orders": Table((OrderPlaced, OrderChanged))},
    handlers={OrderPlaced: add, OrderChanged: add},
)


def a_shop(database: Database, kafka: Topics) -> Service:
    """A service all of whose handlers fill projections."""
    return Service("store", kafka.settings(database), consumer=SHOP.consumer(), migrations=MIGRATIONS)


async def test_a_check_agrees_while_the_service_goes_on(database: Database, kafka: Topics) -> None:
    async with running(a_shop(database, kafka)):
        await kafka.say(*orders(1_500))
        await until(database, "SELECT count(*) > 0 FROM orders")
        going_on = asyncio.create_task(kafka.say(*orders(1_500)))
        reports = [await rebuild(SHOP, kafka.settings(database), repair=False) for _ in range(2)]
        await going_on

    assert [report.equal for report in reports] == [True, True]
    assert 0 < reports[0].records <= reports[1].records <= 3_000
    assert await database.pool.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuild'") == 0


async def test_copies_in_a_topic_count_once(database: Database, kafka: Topics) -> None:
    said = [outbox.outgoing(order) for order in orders(20)]
    async with running(a_shop(database, kafka)):
        await kafka.say(*said, *said)
        await until(database, "SELECT sum(next_offset) = 40 FROM consumed")

        report = await rebuild(SHOP, kafka.settings(database), repair=False)

    assert (report.equal, report.records) == (True, 40)


async def test_what_is_parked_or_discarded_is_left_out_and_what_was_replayed_counts(
    database: Database, kafka: Topics
) -> None:
    poison = [an_order(poison=True) for _ in range(3)]
    async with running(a_shop(database, kafka)) as shop:
        await kafka.say(*poison, *(order.again(REPAIRED) for order in poison), *orders(10))
        await until(database, "SELECT count(*) = 6 FROM dead_letters")
        letters = await database.pool.fetch("SELECT id FROM dead_letters WHERE reason = 'handler_failed'")
        for letter in letters[:2]:
            await replaying.discard(shop.delivery, letter["id"], Decision("An", "a test"), rest="release")

        report = await rebuild(SHOP, kafka.settings(database), repair=False)

    assert await database.pool.fetchval("SELECT count(*) FROM orders WHERE total = $1", REPAIRED) == 2
    assert (report.equal, report.left_out, report.failed) == (True, 4, {})


async def test_a_letter_that_is_replayed_while_the_copy_grows_takes_effect_in_its_place(
    database: Database, kafka: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, follow = an_order(poison=True), _Rebuild._follow
    async with running(a_shop(database, kafka)) as shop:
        await kafka.say(order, order.again(2), *orders(20))
        await until(database, "SELECT count(*) = 2 FROM dead_letters")
        (letter, _) = await database.pool.fetch("SELECT id FROM dead_letters ORDER BY id")
        monkeypatch.setattr(rebuilding, "NEAR", 0)

        async def follow_and_meanwhile(self: Any, history: Any, position: Any) -> None:
            await follow(self, history, position)
            if await database.pool.fetchval("SELECT count(*) = 2 FROM dead_letters WHERE state = 'parked'"):
                await replaying.discard(shop.delivery, letter["id"], Decision("An", "a test"), rest="keep")
                monkeypatch.setattr("test_rebuilding.REPAIRED", 2)
                behind = await database.pool.fetchval("SELECT id FROM dead_letters WHERE state = 'parked'")
                await replaying.replay(shop.delivery, behind, Decision("An", "a test"))
                await kafka.say(OrderChanged(order_id=order.order_id, amount=3))
                await until(database, "SELECT sum(next_offset) = 23 FROM consumed")

        monkeypatch.setattr(_Rebuild, "_follow", follow_and_meanwhile)
        report = await rebuild(SHOP, kafka.settings(database), repair=False)

    history = await database.pool.fetchval("SELECT history FROM orders WHERE id = $1", order.order_id)
    assert (history, report.equal, report.left_out, report.records) == ([2, 3], True, 1, 22)


async def test_a_planted_difference_is_found_and_put_right_while_the_service_goes_on(
    database: Database, kafka: Topics
) -> None:
    async with running(a_shop(database, kafka)):
        await kafka.say(*(changed := orders(16)))
        await until(database, "SELECT sum(next_offset) = 16 FROM consumed")
        lost, bent = changed[0].order_id, changed[1].order_id
        await database.pool.execute("DELETE FROM orders WHERE id = $1", lost)
        await database.pool.execute("UPDATE orders SET total = 0 WHERE id = $1", bent)
        await database.pool.execute("INSERT INTO orders VALUES (gen_random_uuid(), 1, '{1}')")

        found = await rebuild(SHOP, kafka.settings(database), repair=False)
        going_on = asyncio.create_task(kafka.say(*orders(2_000)))
        repaired = await rebuild(SHOP, kafka.settings(database), repair=True)
        await going_on
        after = await rebuild(SHOP, kafka.settings(database), repair=False)

    (table,) = found.tables
    assert (table.missing, table.surplus, table.differing) == (1, 1, 1)
    assert {"kind": "missing", "key": [str(lost)]} in table.examples
    assert {"kind": "differing", "key": [str(bent)], "columns": ["total"]} in table.examples
    assert (repaired.repaired, after.equal) == (True, True)


async def test_columns_and_rows_of_record_are_neither_compared_nor_touched(database: Database, kafka: Topics) -> None:
    table = Table((OrderPlaced, OrderChanged), of_record=("total",), rows_of_record=True)
    shop = replace(SHOP, tables={"orders": table})
    async with running(a_shop(database, kafka)):
        await kafka.say(*orders(8))
        await until(database, "SELECT sum(next_offset) = 8 FROM consumed")
        await database.pool.execute("UPDATE orders SET total = 99, history = '{}'")
        await database.pool.execute("INSERT INTO orders VALUES (gen_random_uuid(), 99, '{}')")

        found = await rebuild(shop, kafka.settings(database), repair=False)
        await rebuild(shop, kafka.settings(database), repair=True)

    (difference,) = found.tables
    assert (difference.differing, difference.surplus) == (8, 0)
    kept = await database.pool.fetch("SELECT total, cardinality(history) FROM orders ORDER BY 2")
    assert [tuple(row) for row in kept] == [(99, 0), *[(99, 1)] * 8]


async def test_a_topic_that_lost_its_beginning_makes_no_smaller_projection(database: Database, kafka: Topics) -> None:
    async with running(a_shop(database, kafka)):
        await kafka.say(*orders(50))
        await until(database, "SELECT sum(next_offset) = 50 FROM consumed")
        await cut(kafka, "shop.orders")

        report = await rebuild(SHOP, kafka.settings(database), repair=True)

    assert [(found.table, found.topic) for found in report.cut] == [("orders", "shop.orders")]
    assert (report.tables, report.repaired) == ([], False)
    assert await database.pool.fetchval("SELECT count(*) FROM orders") == 8
    assert "shop.orders" in rebuild_command.tell(report)


async def test_a_topic_that_ends_before_what_was_consumed_is_an_error(database: Database, kafka: Topics) -> None:
    await kafka.say(*orders(5))
    await database.pool.execute("INSERT INTO consumed VALUES ('store', 'shop.orders', 0, 1000, 0)")

    with pytest.raises(ShortTopicError):
        await rebuild(SHOP, kafka.settings(database), repair=False)


async def test_a_message_that_only_the_new_code_refuses_is_told_and_nothing_is_repaired(
    database: Database, kafka: Topics
) -> None:
    async def refuse(tx: Transaction, batch: Batch[Any]) -> None:
        raise PoisonError

    async with running(a_shop(database, kafka)):
        await kafka.say(*orders(8))
        await until(database, "SELECT sum(next_offset) = 8 FROM consumed")

        report = await rebuild(replace(SHOP, handlers={OrderPlaced: refuse}), kafka.settings(database), repair=True)

    assert report.failed == {"vn.khamdoan.shop.order.placed.v1 handler_failed": 8}
    assert (report.repaired, await database.pool.fetchval("SELECT count(*) FROM orders")) == (False, 8)


async def test_a_handler_that_says_something_is_no_projections(database: Database, kafka: Topics) -> None:
    async def speak(tx: Transaction, batch: Batch[OrderPlaced]) -> None:
        await outbox.append(tx, [outbox.outgoing(OrderStored(order_id=batch[0].event.order_id, total=1))])

    async with running(a_shop(database, kafka)):
        await kafka.say(an_order())
        await until(database, "SELECT sum(next_offset) = 1 FROM consumed")

        with pytest.raises(SpeakingError):
            await rebuild(replace(SHOP, handlers={OrderPlaced: speak}), kafka.settings(database), repair=False)

    assert await kafka.hear("store.deliveries") == []


async def cut(kafka: Topics, topic: str) -> None:
    """Throw the first records of a topic away, as retention does."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    partitions = [TopicPartition(kafka.prefix + topic, number, 3) for number in range(2)]
    for future in admin.delete_records(partitions).values():
        await asyncio.wrap_future(future)
