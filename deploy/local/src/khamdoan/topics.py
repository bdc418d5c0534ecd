"""The topics of the committed list, created where they do not exist yet."""

from contracts import topics


async def create(bootstrap_servers: str, *, replicas: int = 1, prefix: str = "") -> list[str]:
    """Create what is missing and return its names, each behind `prefix`; what exists is left as it is."""
    # Not above: whatever else the command does would wait for Kafka's clients a third of a second.
    from shared import kafka  # noqa: PLC0415
    from shared.settings import Settings  # noqa: PLC0415

    settings = Settings(database_url="", kafka_bootstrap_servers=bootstrap_servers, kafka_topic_prefix=prefix)
    specs = [kafka.TopicSpec(topic.name, topic.partitions, topic.retention_ms, replicas) for topic in topics.load()]
    return await kafka.create_topics(settings, specs)
