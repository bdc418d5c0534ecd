"""The topics of the committed list, created where they do not exist yet."""

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from contracts import topics
from contracts.topics import Topic

MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000
FOR_EVER = -1
# A service's clock an hour ahead would have its records refused, and one of years ago have them deleted.
TIMESTAMPS = {"message.timestamp.type": "LogAppendTime"}
ANSWER_SECONDS = 30


def create(bootstrap_servers: str, *, replicas: int = 1, prefix: str = "") -> list[str]:
    """Create what is missing and return its names, each behind `prefix`; what exists is left as it is."""
    client = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2})
    existing = client.list_topics(timeout=ANSWER_SECONDS).topics
    missing = [new_topic(topic, replicas, prefix) for topic in topics.load() if prefix + topic.name not in existing]
    if not missing:
        return []
    created = client.create_topics(missing, request_timeout=ANSWER_SECONDS)
    for done in created.values():
        done.result()
    return sorted(created)


def new_topic(topic: Topic, replicas: int, prefix: str = "") -> NewTopic:
    """A topic as Kafka is asked for it."""
    config = {"retention.ms": str(retention_ms(topic)), **TIMESTAMPS}
    return NewTopic(prefix + topic.name, topic.partitions, replicas, config=config)


def retention_ms(topic: Topic) -> int:
    """How long a topic keeps, as Kafka says it."""
    return FOR_EVER if topic.retention_days is None else topic.retention_days * MILLISECONDS_PER_DAY
