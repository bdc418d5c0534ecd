"""No service asks Kafka for a topic or a group that its access rights refuse."""

import pytest

from coordination import consumers as coordination
from coordination.settings import Settings as CoordinationSettings
from gateway import consumers as gateway
from gateway import edge_topics, feeds
from khamdoan import access
from registry import consumers as registry
from results import consumers as results
from scheduling import consumers as scheduling
from shared.consuming import Consumer

CONSUMERS = [
    registry.consumer,
    scheduling.consumer,
    results.consumer,
    coordination.make_consumer(CoordinationSettings(database_url="postgresql://", kafka_bootstrap_servers="")),
    gateway.make_consumer(),
]


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.group)
def test_a_service_may_read_all_that_it_subscribes_to_in_its_group(consumer: Consumer) -> None:
    rights = {service.name: service.rights for service in access.services()}[consumer.group]

    readable = {(right.kind, right.name) for right in rights if "Read" in right.operations}
    assert {*(("topic", topic) for topic in consumer.topics), ("group", consumer.group)} <= readable


def test_the_edge_knows_parties_topics_by_the_same_names_as_the_rights() -> None:
    topics = [spec.name for spec in edge_topics.topics_of("clinics/02123")]

    rights = [right.name for right in access.party("clinics/02123").rights if right.kind == "topic"]
    assert topics == rights
    assert (edge_topics.IN, feeds.OUT) == (access.IN, access.OUT)
