"""What Kafka acknowledged out of order is not taken for published."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.outbox import Row
from shared.publisher import Publisher, PublishError


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
