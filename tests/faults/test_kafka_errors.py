"""Whatever error codes a broker answers with, and whatever acknowledgements get lost, the relay loses no event."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from fault_mock_kafka import INIT_PRODUCER_ID, MockKafka, mock_kafka
from fault_report import Figure
from kernel_shop import KEYS, OrderPlaced, OrderRemarked, OrderStored, first_appearances

from shared import kafka as kernel_kafka
from shared import outbox
from shared.database import Database
from shared.failpoints import Failpoints
from shared.metrics import Metrics
from shared.relay import Relay
from shared.settings import Settings
from shared.telemetry import Telemetry
from shared.testing import PATIENCE, Topics, until

EMPTY = "SELECT count(*) = 0 FROM outbox"


@pytest.fixture
def broker() -> Iterator[MockKafka]:
    """A broker that obeys."""
    with mock_kafka() as broker:
        broker.create("store.orders", "shop.orders")
        yield broker


@asynccontextmanager
async def relaying(database: Database, broker: MockKafka | Topics) -> AsyncIterator[Metrics]:
    """The relay, at work between a real database and this broker."""
    prefix = broker.prefix if isinstance(broker, Topics) else ""
    settings = Settings(database_url=database.url, kafka_bootstrap_servers=broker.bootstrap, kafka_topic_prefix=prefix)
    metrics = Metrics()
    # The mock looks at no sequence number: with several requests in flight it would take the second without the first.
    changes = {"max.in.flight.requests.per.connection": 1} if isinstance(broker, MockKafka) else {}
    relay = Relay(
        database,
        partial(kernel_kafka.producer, settings, **changes),
        settings,
        Telemetry(),
        metrics,
        Failpoints(),
    )
    work = asyncio.create_task(relay.run())
    try:
        yield metrics
        assert not work.done()
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await relay.close()


async def say(database: Database, rounds: int = 1) -> None:
    """One event of each key per round, each round in a transaction of its own."""
    for number in range(rounds):
        async with database.transaction() as tx:
            await outbox.append(tx, [outbox.outgoing(OrderStored(order_id=key, total=number)) for key in KEYS])


RETRIED_BY_THE_PRODUCER = {
    "UNKNOWN_TOPIC_OR_PARTITION": 3,
    "LEADER_NOT_AVAILABLE": 5,
    "NOT_LEADER_FOR_PARTITION": 6,
    "REQUEST_TIMED_OUT": 7,
    "NOT_ENOUGH_REPLICAS": 19,
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND": 20,
    "KAFKA_STORAGE_ERROR": 56,
    "the connection closed": -195,
}
ENDS_THE_PRODUCER = {
    "CLUSTER_AUTHORIZATION_FAILED": 31,
    "INVALID_TIMESTAMP": 32,
    "POLICY_VIOLATION": 44,
    "OUT_OF_ORDER_SEQUENCE_NUMBER": 45,
    "INVALID_PRODUCER_EPOCH": 47,
    "INVALID_RECORD": 87,
}
UNKNOWN_PRODUCER_ID = 59
# Such a topic is left alone for five seconds.
REFUSED_BY_THE_TOPIC = {"MESSAGE_TOO_LARGE": 10, "TOPIC_AUTHORIZATION_FAILED": 29}


async def test_a_record_is_gone_from_the_outbox_only_when_its_own_offset_is_known(
    broker: MockKafka, database: Database
) -> None:
    # After this code librdkafka may send the second record first and, once that is taken, conclude that the first one
    # was: right with a broker that counts sequences, which the mock does not, so order is nothing to ask of it here.
    async with relaying(database, broker):
        for _ in range(5):
            await say(database, 2)
            await until(database, EMPTY)
            broker.answer_with(UNKNOWN_PRODUCER_ID, 1)
            await say(database, 8)
            await until(database, EMPTY)

    heard = first_appearances(broker.hear("store.orders"))
    assert {key: sorted(numbers) for key, numbers in heard.items()} == {str(key): list(range(1, 51)) for key in KEYS}


@pytest.mark.parametrize(
    ("codes", "new_producers"),
    [
        pytest.param(RETRIED_BY_THE_PRODUCER, 0, id="retried"),
        pytest.param(ENDS_THE_PRODUCER, 1, id="fatal"),
        pytest.param(REFUSED_BY_THE_TOPIC, 1, id="topic", marks=pytest.mark.exhaustive),
    ],
)
async def test_a_broker_that_refuses_in_mid_stream(
    codes: dict[str, int], new_producers: int, broker: MockKafka, database: Database, figure: Figure
) -> None:
    seconds, restarts = dict[str, float](), dict[str, float]()
    async with relaying(database, broker) as metrics:
        for name, code in codes.items():
            await say(database, 2)
            await until(database, EMPTY)
            before, begun = metrics.relay_restarts._value.get(), monotonic()
            broker.answer_with(code, 1)
            await say(database, 8)
            await until(database, EMPTY)
            seconds[name] = round(monotonic() - begun, 2)
            restarts[name] = metrics.relay_restarts._value.get() - before

    heard = broker.hear("store.orders")
    copies = len(heard) - len(codes) * 10 * len(KEYS)
    assert first_appearances(heard) == {str(key): list(range(1, len(codes) * 10 + 1)) for key in KEYS}
    assert restarts == dict.fromkeys(codes, new_producers)
    figure(
        f"Kafka answers with an error code: {', '.join(codes)}", longest_seconds=max(seconds.values()), copies=copies
    )


@pytest.mark.exhaustive
async def test_a_broker_that_gives_no_producer_its_id_for_a_while(
    broker: MockKafka, database: Database, figure: Figure
) -> None:
    broker.answer_with(15, 4, request=INIT_PRODUCER_ID)  # COORDINATOR_NOT_AVAILABLE
    begun = monotonic()
    async with relaying(database, broker):
        await say(database, 8)
        await until(database, EMPTY)

    assert first_appearances(broker.hear("store.orders")) == {str(key): list(range(1, 9)) for key in KEYS}
    figure("Kafka gives no producer id four times", seconds=round(monotonic() - begun, 2))


async def test_acknowledgements_that_are_lost_add_copies_and_no_disorder(
    broker: MockKafka, database: Database, figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kernel_kafka.PRODUCING, "request.timeout.ms", 300)
    monkeypatch.setitem(kernel_kafka.PRODUCING, "socket.timeout.ms", 300)
    async with relaying(database, broker) as metrics:
        await say(database, 2)
        await until(database, EMPTY)
        # What arrives is kept, and the answer comes when nobody waits for it any more.
        broker.delay(2_000)
        await say(database, 8)
        await asyncio.sleep(3)
        broker.delay(0)
        await until(database, EMPTY)
        restarts = metrics.relay_restarts._value.get()

    heard = broker.hear("store.orders")
    assert first_appearances(heard) == {str(key): list(range(1, 11)) for key in KEYS}
    figure("Kafka's acknowledgements lost for 3 s", copies=len(heard) - 10 * len(KEYS), new_producers=restarts)


@pytest.mark.slow
async def test_nothing_overtakes_a_record_that_the_broker_refuses(
    database: Database, kafka: Topics, figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kernel_kafka.PRODUCING, "batch.num.messages", 1)
    await kafka.create("shop.orders", "store.orders", partitions=1)
    await limit_records(kafka, "shop.orders", 50_000)
    texts = ["first", os.urandom(100_000).hex(), *(f"behind {number}" for number in range(20))]
    async with relaying(database, kafka) as metrics:
        async with database.transaction() as tx:
            await outbox.append(tx, [outbox.outgoing(OrderRemarked(order_id=KEYS[0], text=text)) for text in texts])
        async with asyncio.timeout(PATIENCE):
            while not metrics.relay_restarts._value.get():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        begun = monotonic()
        await say(database)
        await until(database, "SELECT count(*) = 0 FROM outbox WHERE topic = 'store.orders'")
        others = monotonic() - begun
        refused = await kafka.hear("shop.orders")
        await limit_records(kafka, "shop.orders", 1_000_000)
        await until(database, EMPTY)

    heard = await kafka.hear("shop.orders")
    assert first_appearances(refused) == {str(KEYS[0]): [1]}
    assert first_appearances(heard) == {str(KEYS[0]): list(range(1, 23))}
    figure("A record that its topic refuses", wait_of_other_topics_seconds=round(others, 2))


async def test_an_event_that_no_broker_would_take_never_gets_into_the_outbox(database: Database) -> None:
    much = OrderRemarked(order_id=KEYS[0], text="x" * 850_000)
    causes = [f"shop/{number:032}#{number:036}" for number in range(2_000)]

    with pytest.raises(outbox.TooLargeError):
        async with database.transaction() as tx:
            await outbox.append(tx, [outbox.because_of(causes, much)])

    assert await database.pool.fetchval(EMPTY)


async def limit_records(kafka: Topics, topic: str, size: int) -> None:
    """Set the largest batch (bytes) that a topic takes."""
    limit = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, kafka.prefix + topic, incremental_configs=[limit])
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    await asyncio.to_thread(admin.incremental_alter_configs([resource])[resource].result)


@pytest.mark.slow
async def test_a_topic_that_takes_nothing_holds_up_no_other(
    broker: MockKafka, database: Database, figure: Figure
) -> None:
    broker.refuse("shop.orders", 0, 19, 200)  # NOT_ENOUGH_REPLICAS, for ever and a day
    broker.refuse("shop.orders", 1, 19, 200)
    longest = 0.0
    async with relaying(database, broker):
        async with database.transaction() as tx:
            await outbox.append(tx, [outbox.outgoing(OrderPlaced(order_id=key)) for key in KEYS])
        for _ in range(12):
            begun = monotonic()
            await say(database)
            await until(database, "SELECT count(*) = 0 FROM outbox WHERE topic = 'store.orders'")
            longest = max(longest, monotonic() - begun)
            await asyncio.sleep(0.2)

    heard = broker.hear("store.orders")
    assert first_appearances(heard) == {str(key): list(range(1, 13)) for key in KEYS}
    assert longest < 5
    figure(
        "A topic takes nothing", longest_wait_of_others_seconds=round(longest, 2), copies=len(heard) - 12 * len(KEYS)
    )
