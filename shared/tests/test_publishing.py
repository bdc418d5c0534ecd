"""What goes to Kafka goes once while nothing fails, and is published only once it stands there in order."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from kernel_shop import OrderStored

from shared import outbox
from shared.database import Database, Transaction
from shared.failpoints import Failpoints
from shared.metrics import Metrics
from shared.outbox import Row
from shared.publisher import Publisher, PublishError
from shared.relay import Relay
from shared.telemetry import Telemetry
from shared.testing import Topics


class Answer:
    """What the client library tells of a record that was written, or that it only takes for written."""

    def __init__(self, offset: int | None) -> None:
        self._offset = offset

    def offset(self) -> int | None:
        return self._offset


class Broker:
    """Stands where the client library stands: it has each record's word when the test says so."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._waiting: dict[str, Callable[..., Any]] = {}

    def produce(self, topic: str, value: bytes, _key: str, *, on_delivery: Callable[..., Any], **_: Any) -> None:
        self.written.append(f"{topic} {value.decode()}")
        self._waiting[self.written[-1]] = on_delivery

    def answer(self, record: str, offset: int | None) -> None:
        """Acknowledge a record."""
        self._waiting.pop(record)(None, Answer(offset))

    def poll(self, _seconds: float) -> int:
        return 0

    def purge(self, **_: bool) -> None:
        self._waiting.clear()

    def flush(self, _seconds: float) -> int:
        return 0

    async def until_written(self, number: int) -> None:
        """Return once so many records were handed over."""
        async with asyncio.timeout(20):
            while len(self.written) < number:  # noqa: ASYNC110 - a client library tells nobody
                await asyncio.sleep(0.01)


def a_row(topic: str, number: int) -> Row:
    return Row(0, number, topic, "one-key", number, {}, str(number).encode())


async def test_what_overtook_a_refused_record_of_its_topic_is_sent_again_behind_it() -> None:
    broker = Broker()
    publisher = Publisher(lambda: broker, prefix="", deadline=60)  # type: ignore[arg-type,return-value]
    await publisher.send([a_row("visits", 1)])
    await publisher.send([a_row("visits", 2), a_row("results", 3)])

    # The library concludes from the second record that the first, of which it heard nothing, was written too.
    broker.answer("visits 1", None)
    broker.answer("visits 2", 0)
    broker.answer("results 3", 0)
    landed = publisher.landed()

    assert [(row.topic, row.sequence) for row in landed] == [("results", 3)]
    with pytest.raises(PublishError, match="no offset"):
        publisher.require_success()


async def test_what_was_acknowledged_in_order_has_landed_once() -> None:
    broker = Broker()
    publisher = Publisher(lambda: broker, prefix="", deadline=60)  # type: ignore[arg-type,return-value]
    await publisher.send([a_row("visits", 1)])
    await publisher.send([a_row("visits", 2)])

    broker.answer("visits 1", 0)
    broker.answer("visits 2", 1)

    assert [row.sequence for row in publisher.landed()] == [1, 2]
    assert publisher.landed() == []
    assert not publisher.flying


async def test_what_was_read_from_the_outbox_before_its_commit_was_heard_of_goes_out_once(
    database: Database, kafka: Topics
) -> None:
    broker, unheard = Broker(), list[Transaction]()
    relay = Relay(database, lambda: broker, kafka.settings(database), Telemetry(), Metrics(), Failpoints())  # type: ignore[arg-type,return-value]
    hear = database.on_commit.pop()
    database.on_commit.append(unheard.append)
    running = asyncio.create_task(relay.run())

    await say_an_order(database, total=1)
    await broker.until_written(1)
    hear(unheard[0])
    await say_an_order(database, total=2)
    hear(unheard[1])
    await broker.until_written(2)

    assert [total_of(record) for record in broker.written] == [1, 2]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await relay.close()


async def say_an_order(database: Database, *, total: int) -> None:
    """An order of its own aggregate."""
    async with database.transaction() as tx:
        await outbox.append(tx, [outbox.outgoing(OrderStored(order_id=uuid4(), total=total))])


def total_of(record: str) -> int:
    """An order's total, as it was written."""
    return int(json.loads(record.split(" ", 1)[1])["total"])
