"""The committed topics as they are created outside Kubernetes."""

import time
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient

from contracts import topics as committed
from khamdoan import topics
from khamdoan.testing.servers import Servers

TWO_HOURS = 7_200


async def test_what_is_said_by_a_clock_that_is_hours_ahead_is_taken(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = committed.load()[0]
    monkeypatch.setattr(committed, "load", lambda: [first])
    answers: list[KafkaError | None] = []

    def answered(error: KafkaError | None, _message: Message) -> None:
        answers.append(error)

    (name,) = await topics.create(servers.kafka, prefix=f"test-{uuid4().hex[:12]}.")
    ahead = int((time.time() + TWO_HOURS) * 1_000)
    producer = Producer({"bootstrap.servers": servers.kafka})
    producer.produce(name, b"{}", timestamp=ahead, on_delivery=answered)
    producer.flush(60)
    admin = AdminClient({"bootstrap.servers": servers.kafka})
    admin.delete_topics([name])[name].result()

    assert answers == [None]
