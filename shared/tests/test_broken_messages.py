"""Whatever stands in a topic, nothing is lost and nothing blocks (guarantee 4)."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from kernel_shop import OrderRemarked, OrderStored, Store, an_order

from shared.database import Database
from shared.envelope import Arrival, readable, safe_headers
from shared.service import Service
from shared.testing import Deliver, Topics, arrival_of, running, until

TYPE = "vn.khamdoan.shop.order.placed.v1"


def an_arrival(*, key: str | None = None, value: bytes | None = None, **headers: str) -> Arrival:
    """A sound order, changed in one thing."""
    sound = arrival_of(an_order(), 0)
    named = {f"ce_{name}": text for name, text in headers.items()}
    return Arrival(sound.topic, 0, 7, key or sound.key, sound.headers | named, value or sound.value)


async def reasons(database: Database) -> list[str]:
    return [row["reason"] for row in await database.pool.fetch("SELECT reason FROM dead_letters ORDER BY id")]


@pytest.mark.parametrize(
    ("arrival", "reason"),
    [
        (an_arrival(value=b"{"), "invalid_event"),
        (an_arrival(value=b"\xff\xfe"), "invalid_event"),
        (an_arrival(value=b'{"amount": 1}'), "invalid_event"),
        (an_arrival(key=str(uuid4())), "key_mismatch"),
        (an_arrival(type="vn.khamdoan.shop.order.placed.v2"), "unknown_major"),
        (an_arrival(id=""), "unreadable_headers"),
        (an_arrival(id="a\ufffdb"), "unreadable_headers"),
        (an_arrival(time="yesterday"), "unreadable_headers"),
        (an_arrival(type=""), "unreadable_headers"),
    ],
)
async def test_what_is_no_message_is_parked_with_its_reason(
    arrival: Arrival, reason: str, store: Store, database: Database, deliver: Deliver
) -> None:
    good = an_order()

    said = await deliver(store.consumer, database, [arrival, good], may_park=True)

    assert await reasons(database) == [reason]
    assert [event for event in said if isinstance(event, OrderStored)] == [OrderStored(order_id=good.order_id, total=1)]


async def test_what_came_before_a_broken_message_of_its_key_flows_and_what_comes_after_parks(
    store: Store, database: Database, deliver: Deliver
) -> None:
    order = an_order(1)
    broken = an_arrival(key=str(order.order_id), value=b"{")

    await deliver(
        store.consumer, database, [arrival_of(order, 6), broken, arrival_of(order.again(2), 8)], may_park=True
    )

    assert await reasons(database) == ["invalid_event", "behind_a_parked_message"]
    assert await database.pool.fetchval("SELECT history FROM orders") == [1]


async def test_an_unknown_type_and_a_tombstone_are_skipped_and_counted(
    store: Store, database: Database, deliver: Deliver
) -> None:
    unknown = an_arrival(type="vn.khamdoan.shop.order.painted.v1")
    tombstone = Arrival("shop.orders", 0, 8, str(uuid4()), {}, None)

    said = await deliver(store.consumer, database, [unknown, tombstone])

    assert said.outcome.results["", "unknown_type"] == 1
    assert said.outcome.results["", "tombstone"] == 1
    assert await reasons(database) == []


async def test_details_of_an_invalid_event_carry_no_value(store: Store, database: Database, deliver: Deliver) -> None:
    canary = "Nguyễn Thị Mẫu 001099000001"
    body = json.dumps({"order_id": canary, "counts": {canary: canary}}).encode()
    remark = arrival_of(OrderRemarked(order_id=uuid4(), text=""), 0)

    @store.consumer.on(OrderRemarked)
    async def on_order_remarked(tx: Any, batch: Any) -> None:
        raise AssertionError

    await deliver(store.consumer, database, [replace(remark, value=body)], may_park=True)

    detail = await database.pool.fetchval("SELECT detail::text FROM dead_letters")
    assert "uuid_parsing" in detail
    assert "counts.*" in detail
    assert "Mẫu" not in detail
    assert "001099" not in detail


async def test_a_nul_in_a_text_parks_the_message_alone(store: Store, database: Database, deliver: Deliver) -> None:
    @store.consumer.on(OrderRemarked)
    async def on_order_remarked(tx: Any, batch: Any) -> None:
        await tx.executemany("SELECT $1::text", [(event.text,) for event in batch.events])

    bad, good = OrderRemarked(order_id=uuid4(), text="a\0b"), OrderRemarked(order_id=uuid4(), text="ab")

    await deliver(store.consumer, database, [bad, good], may_park=True)

    assert await reasons(database) == ["handler_failed"]


def test_null_and_foreign_bytes_become_text_that_postgresql_takes() -> None:
    headers = safe_headers([("a", None), ("b", b"\xff"), ("c", b"x\0y"), ("d", "đoàn".encode())])

    assert headers == {"a": "", "b": "\ufffd", "c": "x\ufffdy", "d": "đoàn"}
    assert readable(b"\x80") == "\ufffd"


async def test_null_and_foreign_headers_on_a_real_topic_lose_no_message(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders", "shop.orders", partitions=1)
    good, bad = an_order(), arrival_of(an_order(), 0)
    records: list[tuple[str | None, bytes | None, list[tuple[str, bytes | None]]]] = [
        (bad.key, bad.value, [*((name, text.encode()) for name, text in bad.headers.items()), ("ce_actor", None)]),
        (bad.key, bad.value, [("ce_type", TYPE.encode()), ("ce_id", b"\xff\xfe"), ("ce_source", None)]),
        ("?", None, [("\u0111", b"\xc3\x28")]),
    ]

    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await kafka.say_raw("shop.orders", records)
        await kafka.say(good)
        await until(database, "SELECT count(*) = 2 FROM orders")

    assert await reasons(database) == ["unreadable_headers"]
