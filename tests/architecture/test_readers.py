"""Who reads what: handlers, contracts and the topic list say the same."""

import pytest

from contracts import topics
from contracts.catalogue import EVENTS, PARTIES, SERVICES, read_by
from coordination.consumers import make_consumer as make_coordination
from coordination.settings import Settings
from gateway.consumers import make_consumer as make_gateway
from registry.consumers import consumer as registry
from results.consumers import consumer as results
from scheduling.consumers import consumer as scheduling
from shared.consuming import Consumer

NOWHERE = Settings(database_url="postgresql://nowhere", kafka_bootstrap_servers="nowhere")
CONSUMERS: dict[str, Consumer] = {
    consumer.group: consumer for consumer in (registry, scheduling, results, make_coordination(NOWHERE), make_gateway())
}


def test_every_service_has_one_consumer() -> None:
    assert set(CONSUMERS) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_exactly_what_the_contracts_say_it_reads(service: str) -> None:
    assert set(CONSUMERS[service].handlers) == {event.entry.type for event in read_by(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_subscribes_to_listed_topics_alone(service: str) -> None:
    listed = {topic.name for topic in topics.load() if service in topic.readers}

    assert set(CONSUMERS[service].topics) <= listed


@pytest.mark.parametrize("topic", topics.load(), ids=lambda topic: topic.name)
def test_the_topic_list_gives_access_to_those_who_need_it_and_to_nobody_else(topic: topics.Topic) -> None:
    events = [event for event in EVENTS if event.entry.topic == topic.name]
    writers = {"gateway" if event.entry.writer in PARTIES else event.entry.writer for event in events}

    assert set(topic.writers) == writers
    assert set(topic.readers) == {reader for event in events for reader in event.entry.readers}
