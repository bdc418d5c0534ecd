"""What is told about lag: also before a first batch is done, and no more about partitions that others have."""

from kernel_shop import Store, orders

from shared import upkeep
from shared.database import Database
from shared.metrics import Metrics
from shared.service import Service
from shared.testing import Topics, running, until


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
            behind = service.subscription.lag() if service.subscription else {}
        await until(database, "SELECT count(*) = 5 FROM orders")

    assert behind["shop.orders"] == 5


class Reading:
    """A subscription as the measuring sees it."""

    answer_age = 0.0

    def __init__(self, **lag: int) -> None:
        self.behind = lag

    def lag(self) -> dict[str, int]:
        """Records behind, per topic."""
        return self.behind


def test_lag_of_a_topic_that_others_have_taken_over_is_forgotten() -> None:
    metrics = Metrics()

    upkeep.measure_reading(metrics, Reading(orders=7, customers=2))
    upkeep.measure_reading(metrics, Reading(customers=1))

    told = [(s.labels["topic"], s.value) for family in metrics.lag.collect() for s in family.samples]
    assert told == [("customers", 1)]
