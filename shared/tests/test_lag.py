"""What is told about lag: also before a first batch is done, and no more about partitions that others have."""

import asyncio

from kernel_shop import Store, orders

from shared import measuring
from shared.database import Database
from shared.lateness import Waiting
from shared.metrics import Metrics
from shared.service import Service
from shared.testing import PATIENCE, Topics, running, until


async def test_a_consumer_that_hangs_in_its_first_batch_is_behind(
    store: Store, database: Database, kafka: Topics
) -> None:
    service = Service("store", kafka.settings(database), consumer=store.consumer)
    await kafka.say(*orders(5))

    async with running(service):
        async with database.pool.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE orders")
            store.spawn(service.started.wait())
            await store.until_blocked(database)
            # Each partition's end is known once it was fetched from.
            async with asyncio.timeout(PATIENCE):
                while not service.subscription or service.subscription.lag().get("shop.orders") != 5:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            done = await database.pool.fetchval("SELECT count(*) FROM consumed")
        await until(database, "SELECT count(*) = 5 FROM orders")

    assert done == 0


class Reading:
    """A subscription as the measuring sees it."""

    answer_age = 0.0

    def __init__(self, **lag: int) -> None:
        self.behind = lag

    def lag(self) -> dict[str, int]:
        """Records behind, per topic."""
        return self.behind

    def standing(self) -> dict[tuple[str, int], tuple[int, int]]:
        """One partition each, of which nothing was read."""
        return {(topic, 0): (0, end) for topic, end in self.behind.items()}


def test_lag_of_a_topic_that_others_have_taken_over_is_forgotten() -> None:
    metrics = Metrics()

    waiting = Waiting()

    measuring.measure_reading(metrics, Reading(orders=7, customers=2), waiting)
    measuring.measure_reading(metrics, Reading(customers=1), waiting)

    told = [(s.labels["topic"], s.value) for family in metrics.lag.collect() for s in family.samples]
    assert told == [("customers", 1)]
    assert [s.labels["topic"] for family in metrics.lag_seconds.collect() for s in family.samples] == ["customers"]


def test_lag_in_seconds_is_how_long_the_next_record_has_waited() -> None:
    waiting, place = Waiting(), ("orders", 0)

    def at(now: float, offset: int, end: int) -> float:
        return waiting.seconds({place: (offset, end)}, now)["orders"]

    assert at(0, 10, 10) == 0
    assert at(5, 10, 12) == 0  # two records have come
    assert at(10, 10, 15) == 5
    assert at(20, 11, 15) == 15  # one of the two is done
    assert at(25, 12, 15) == 15  # the next came at 10
    assert at(30, 15, 15) == 0
    assert at(35, 15, 15) == 0


def test_the_longest_wait_of_a_topics_partitions_counts() -> None:
    waiting = Waiting()
    waiting.seconds({("orders", 0): (0, 1), ("orders", 1): (0, 0)}, 0)

    assert waiting.seconds({("orders", 0): (0, 1), ("orders", 1): (0, 1)}, 8) == {"orders": 8}
    assert waiting.seconds({("orders", 1): (0, 1)}, 12) == {"orders": 4}
