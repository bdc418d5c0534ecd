"""The list of the erased as Kafka keeps it: read to its end at every start, before anybody is shown."""

import asyncio
from random import uniform
from time import monotonic

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from contracts.registry import WorkerErased
from shared import faults, kafka
from shared.settings import Settings

log = structlog.get_logger(__name__)

SECONDS = 30.0


async def read(settings: Settings, stop: asyncio.Event) -> list[WorkerErased]:
    """Every erasure that was ever told; waits for a missing broker, until `stop`."""
    while not stop.is_set():
        try:
            return await asyncio.to_thread(_read, settings)
        except (KafkaException, TimeoutError) as error:
            log.warning("list of erasures tried again", error=faults.where(error))
            await asyncio.sleep(uniform(0.5, 1.5))
    return []


def _read(settings: Settings) -> list[WorkerErased]:
    """One pass; the group is named but never joined, and nothing is committed."""
    config = {**kafka.connection(settings), "group.id": "registry", "enable.auto.commit": False,
              "enable.partition.eof": True, "log_level": 2}  # fmt: skip
    topic = settings.kafka_topic_prefix + WorkerErased.entry.topic
    consumer = Consumer(config, logger=kafka.LIBRDKAFKA)
    try:
        known = consumer.list_topics(topic, timeout=10).topics[topic]
        if known.error is not None:
            raise KafkaException(known.error)
        open_ = set(known.partitions)
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in open_])
        return _to_the_end(consumer, open_)
    finally:
        consumer.close()


def _to_the_end(consumer: Consumer, open_: set[int]) -> list[WorkerErased]:
    told, deadline = [], monotonic() + SECONDS
    while open_:
        if monotonic() > deadline:
            raise TimeoutError("the end of the list did not come")
        message = consumer.poll(0.5)
        if message is None:
            continue
        error = message.error()
        if error is None:
            told.append(WorkerErased.model_validate_json(message.value() or b""))
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's own name for it
            open_.discard(message.partition())
        else:
            raise KafkaException(error)
    return told
