"""librdkafka's mock cluster, by ctypes: a broker that answers with the errors and the delays it is told."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import confluent_kafka
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from shared.envelope import Arrival, readable, safe_headers

PRODUCE = 0
INIT_PRODUCER_ID = 22
_PRODUCER_TYPE = 0


def _library() -> ctypes.CDLL:
    # The wheel brings the library beside the package; confluent_kafka has it loaded already.
    package = Path(confluent_kafka.__file__).parent
    places = [*package.with_name("confluent_kafka.libs").glob("librdkafka*"), *package.glob(".dylibs/librdkafka*")]
    library = ctypes.CDLL(str(places[0]))
    for name in ("rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return library


class MockKafka:
    """One broker without a disk; topics must be created before they are used."""

    def __init__(self, library: ctypes.CDLL, cluster: ctypes.c_void_p) -> None:
        self._library = library
        self._cluster = cluster

    @property
    def bootstrap(self) -> str:
        """Where clients go."""
        address: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return address.decode()

    def create(self, *topics: str, partitions: int = 2) -> None:
        """Create topics."""
        for topic in topics:
            assert not self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1)

    def answer_with(self, code: int, times: int, *, request: int = PRODUCE) -> None:
        """The next requests of this kind are refused with this code."""
        errors = (ctypes.c_int * times)(*[code] * times)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, ctypes.c_int16(request), ctypes.c_size_t(times), errors
        )

    def refuse(self, topic: str, partition: int, code: int, times: int) -> None:
        """The next records for this partition are refused with this code."""
        for _ in range(times):
            self._library.rd_kafka_mock_partition_push_request_errors(
                self._cluster, topic.encode(), partition, ctypes.c_int16(PRODUCE), ctypes.c_size_t(1), code
            )

    def delay(self, milliseconds: int) -> None:
        """Every request is carried out, and answered after this time."""
        self._library.rd_kafka_mock_broker_set_rtt(self._cluster, 1, milliseconds)

    def hear(self, topic: str, *, partitions: int = 2) -> list[Arrival]:
        """All records of a topic."""
        places = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)]
        reader = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "hear",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "log_level": 2,
            }
        )
        reader.assign(places)
        heard, ends = list[Arrival](), 0
        while ends < partitions:
            message = reader.poll(5)
            assert message is not None
            error = message.error()
            if error is None:
                heard.append(_arrival(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                ends += 1
        reader.close()
        return heard


def _arrival(message: Any) -> Arrival:
    return Arrival(
        message.topic(),
        message.partition(),
        message.offset(),
        readable(message.key()),
        safe_headers(message.headers()),
        message.value(),
    )


@contextmanager
def mock_kafka() -> Iterator[MockKafka]:
    """A mock cluster for the length of the block."""
    library = _library()
    host = ctypes.c_void_p(library.rd_kafka_new(_PRODUCER_TYPE, None, None, 0))
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(host, 1))
    try:
        yield MockKafka(library, cluster)
    finally:
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(host)
