"""A poison key: later messages park behind by offset, others flow; people replay and discard (guarantee 4)."""

from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
from kernel_shop import CustomerKnown, OrderChanged, OrderPlaced, OrderStored, PoisonError, Store, an_order

from contracts import deliveries
from shared import dead_letters, letters, replaying, waiting
from shared.clock import utc_now
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.delivery import Delivery
from shared.letters import NotParkedError, Search
from shared.replaying import Decision, NotFirstError
from shared.testing import Deliver, arrival_of

DECISION = Decision(who="ops-1", why="the handler was repaired")
KEY = uuid4()


async def parked_key(store: Store, database: Database, deliver: Deliver) -> list[UUID]:
    """Three messages of one key of which the first is poison; the letters, in order."""
    events = [an_order(1, order_id=KEY, poison=True), *(OrderChanged(order_id=KEY, amount=n) for n in (2, 3))]
    await deliver(store.consumer, database, events[:2], may_park=True)
    await deliver(store.consumer, database, [*events[2:], an_order(1)], may_park=True)
    return [row["id"] for row in await database.pool.fetch('SELECT id FROM dead_letters ORDER BY "offset"')]


async def history(database: Database) -> list[int] | None:
    return await database.pool.fetchval("SELECT history FROM orders WHERE id = $1", KEY)  # type: ignore[no-any-return]


async def acts(database: Database) -> list[tuple[str, ...]]:
    return [
        tuple(row) for row in await database.pool.fetch("SELECT act, who, why FROM delivery_acts ORDER BY position")
    ]


async def test_later_messages_of_the_key_park_behind_and_others_flow(
    store: Store, database: Database, deliver: Deliver
) -> None:
    await parked_key(store, database, deliver)

    rows = await database.pool.fetch('SELECT reason FROM dead_letters ORDER BY "offset"')
    assert [row["reason"] for row in rows] == ["handler_failed", dead_letters.BEHIND, dead_letters.BEHIND]
    assert await history(database) is None
    assert await database.pool.fetchval("SELECT count(*) FROM orders") == 1


async def test_every_parking_is_announced_with_the_message_it_concerns(
    store: Store, database: Database, deliver: Deliver
) -> None:
    said = await deliver(store.consumer, database, [an_order(poison=True)], may_park=True)

    (parked,) = said
    assert isinstance(parked, deliveries.of("store").parked)
    assert parked.reason == "handler_failed"
    assert parked.ref == said.rows[0].headers["ce_causationid"]
    assert said.rows[0].topic == "store.deliveries"


async def test_a_replay_drains_the_key_in_order_and_frees_it(
    store: Store, database: Database, deliver: Deliver
) -> None:
    letters = await parked_key(store, database, deliver)
    store.repaired = True

    result = await replaying.replay(Delivery(store.consumer, database), letters[0], DECISION)
    after = await deliver(store.consumer, database, [OrderChanged(order_id=KEY, amount=4)])

    assert result.replayed == 3
    assert await history(database) == [1, 2, 3, 4]
    assert after == [OrderStored(order_id=KEY, total=10)]
    assert await acts(database) == [("replayed", DECISION.who, DECISION.why)] * 3


async def test_a_replay_that_fails_again_leaves_the_key_parked(
    store: Store, database: Database, deliver: Deliver
) -> None:
    letters = await parked_key(store, database, deliver)

    result = await replaying.replay(Delivery(store.consumer, database), letters[0], DECISION)

    assert (result.replayed, result.failed) == (0, letters[0])
    assert result.error is not None
    assert result.error.startswith(PoisonError.__name__)
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 1
    assert await acts(database) == [("replay_failed", DECISION.who, DECISION.why)]


async def test_a_discard_releases_the_rest_if_told_so(store: Store, database: Database, deliver: Deliver) -> None:
    letters = await parked_key(store, database, deliver)

    result = await replaying.discard(Delivery(store.consumer, database), letters[0], DECISION, rest="release")

    assert result.replayed == 2
    assert await history(database) == [2, 3]
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 0


async def test_a_discard_keeps_the_rest_if_told_so(store: Store, database: Database, deliver: Deliver) -> None:
    letters = await parked_key(store, database, deliver)

    await replaying.discard(Delivery(store.consumer, database), letters[0], DECISION, rest="keep")

    states = [row["state"] for row in await database.pool.fetch('SELECT state FROM dead_letters ORDER BY "offset"')]
    assert states == ["discarded", "parked", "parked"]
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 1
    assert await acts(database) == [("discarded", DECISION.who, DECISION.why)]


async def test_a_letter_is_decided_upon_once(store: Store, database: Database, deliver: Deliver) -> None:
    letters = await parked_key(store, database, deliver)
    await replaying.discard(Delivery(store.consumer, database), letters[0], DECISION, rest="release")

    with pytest.raises(NotParkedError):
        await replaying.replay(Delivery(store.consumer, database), letters[0], DECISION)


async def test_a_letter_that_waits_after_its_replay_and_fails_again_is_parked_again(
    store: Store, database: Database, deliver: Deliver
) -> None:
    customer = uuid4()
    order = an_order(1, order_id=KEY, poison=True, customer_id=customer)
    broken = replace(arrival_of(order, 0), value=b"{")
    await deliver(store.consumer, database, [broken], may_park=True)
    await database.pool.execute("UPDATE dead_letters SET value = $1", arrival_of(order, 0).value)
    letter = await database.pool.fetchval("SELECT id FROM dead_letters")

    replayed = await replaying.replay(Delivery(store.consumer, database), letter, DECISION)
    waiting_now = await database.pool.fetchval("SELECT count(*) FROM waiting")
    await deliver(store.consumer, database, [CustomerKnown(customer_id=customer)], may_park=True)

    assert (replayed.replayed, waiting_now) == (1, 1)
    parked = await database.pool.fetch("SELECT id, state, reason FROM dead_letters")
    assert [tuple(row) for row in parked] == [(letter, "parked", "handler_failed")]
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 1


async def test_a_replay_drains_what_its_own_handlers_release_of_the_same_key(
    database: Database, deliver: Deliver
) -> None:
    seen: list[int] = []
    consumer, broken = Consumer("store"), True

    @consumer.on(OrderPlaced)
    async def on_order_placed(tx: Transaction, batch: Batch[OrderPlaced]) -> None:
        if seen:
            seen.extend(event.amount for event in batch.events)
        else:
            await waiting.hold(tx, batch, "opening", [event.order_id for event in batch.events])

    @consumer.on(OrderChanged)
    async def on_order_changed(tx: Transaction, batch: Batch[OrderChanged]) -> None:
        if broken:
            raise PoisonError
        seen.extend(event.amount for event in batch.events)
        await waiting.release(tx, "opening", [event.order_id for event in batch.events])

    await deliver(consumer, database, [an_order(7, order_id=KEY)])
    changes = [OrderChanged(order_id=KEY, amount=amount) for amount in (1, 2)]
    said = await deliver(consumer, database, changes, may_park=True)
    letter = await database.pool.fetchval('SELECT id FROM dead_letters ORDER BY "offset" LIMIT 1')
    broken = False

    result = await replaying.replay(Delivery(consumer, database), letter, DECISION)

    assert [reason for _, reason in said.outcome.parked] == ["handler_failed", dead_letters.BEHIND]
    assert result.replayed == 2
    assert seen == [1, 7, 2]
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 0
    assert await database.pool.fetchval("SELECT count(*) FROM dead_letters WHERE state = 'parked'") == 0


async def test_a_batch_waits_for_a_replay_of_its_key_and_then_flows(
    store: Store, database: Database, deliver: Deliver
) -> None:
    letters = await parked_key(store, database, deliver)
    store.repaired = True

    async with database.transaction() as tx:
        await tx.fetch("SELECT 1 FROM parked_keys FOR UPDATE")
        arriving = store.spawn(deliver(store.consumer, database, [OrderChanged(order_id=KEY, amount=4)]))
        await store.until_blocked(database)
        row = await tx.fetchrow("DELETE FROM parked_keys RETURNING key")
    await arriving

    assert row is not None
    assert letters
    assert await history(database) == [4]


async def test_what_is_shown_of_a_letter_has_neither_key_nor_what_tells_of_anybody(
    store: Store, database: Database, deliver: Deliver
) -> None:
    parked = await parked_key(store, database, deliver)

    shown: dict[str, Any] = await letters.show(database, store.consumer, parked[0])
    listed = await letters.search(database, Search())

    assert shown["reason"] == "handler_failed"
    assert [item["id"] for item in listed] == parked
    assert shown["payload"] == {
        "order_id": "‹pseudonymous: text of 36›", "amount": 1, "poison": True, "customer_id": "‹pseudonymous: null›",
    }  # fmt: skip
    assert shown["behind"] == 2
    assert str(KEY) not in str(shown) + str(listed)


async def test_the_first_letter_of_a_key_can_be_replayed_alone(
    store: Store, database: Database, deliver: Deliver
) -> None:
    first, second, _ = await parked_key(store, database, deliver)
    store.repaired = True
    delivery = Delivery(store.consumer, database)

    with pytest.raises(NotFirstError):
        await replaying.replay(delivery, second, DECISION, rest="keep")
    alone = await replaying.replay(delivery, first, DECISION, rest="keep")

    assert (alone.replayed, await history(database)) == (1, [1])
    states = [row["state"] for row in await database.pool.fetch('SELECT state FROM dead_letters ORDER BY "offset"')]
    assert states == ["replayed", "parked", "parked"]
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 1


async def test_a_key_is_free_once_its_last_letter_was_replayed_alone(
    store: Store, database: Database, deliver: Deliver
) -> None:
    parked = await parked_key(store, database, deliver)
    store.repaired = True

    for letter in parked:
        await replaying.replay(Delivery(store.consumer, database), letter, DECISION, rest="keep")

    assert await history(database) == [1, 2, 3]
    assert await database.pool.fetchval("SELECT count(*) FROM parked_keys") == 0


async def test_letters_are_found_by_key_type_reason_topic_and_time(
    store: Store, database: Database, deliver: Deliver
) -> None:
    parked = await parked_key(store, database, deliver)
    now = utc_now()

    async def found(**wanted: Any) -> list[UUID]:
        return [letter["id"] for letter in await letters.search(database, Search(**wanted))]

    assert await found(key=str(KEY)) == await found(topic="shop.orders") == parked
    assert await found(type="order.changed") == await found(reason=dead_letters.BEHIND) == parked[1:]
    assert await found(since=now - timedelta(hours=1), until=now + timedelta(hours=1)) == parked
    assert await found(key="another") == await found(until=now - timedelta(hours=1)) == await found(state="discarded")
    assert await found(state="discarded") == []


async def test_all_that_a_search_finds_is_replayed_key_by_key_and_no_faster_than_asked(
    store: Store, database: Database, deliver: Deliver
) -> None:
    broken = [an_order(poison=True) for _ in range(4)]
    await deliver(store.consumer, database, [*broken, OrderChanged(order_id=KEY, poison=True)], may_park=True)
    store.repaired = True
    began = monotonic()

    replayed = [
        result
        async for _, result in replaying.replay_found(
            Delivery(store.consumer, database), Search(type="order.placed"), DECISION, per_second=20
        )
    ]

    assert [result.replayed for result in replayed] == [1, 1, 1, 1]
    assert monotonic() - began >= 4 / 20
    assert await acts(database) == [("replayed", DECISION.who, DECISION.why)] * 4
    assert [letter["type"] for letter in await letters.search(database, Search())] == [OrderChanged.entry.type]
