"""A service as one process: migrate, relay, consume, serve; drain on SIGTERM; end when a part of it dies."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import structlog

from shared import background, connections, faults, inbox, kafka, logs, measuring, operations, telemetry
from shared.consuming import Consumer
from shared.database import Database
from shared.delivery import Delivery
from shared.failpoints import Failpoints
from shared.lateness import Deadline
from shared.membership import Name
from shared.metrics import Metrics
from shared.relay import Relay
from shared.serving import HttpServer
from shared.settings import Settings
from shared.subscription import Subscription

__all__ = ["Service", "Settings"]

log = structlog.get_logger(__name__)

Background = Callable[[Database, asyncio.Event], Awaitable[None]]
ANSWER_AGE_AT_MOST = 20.0
PRUNE_SECONDS = 600.0


class PartEndedError(Exception):
    """A part of the service that must run for ever has returned."""


class Service:
    """One process of a service; every argument but the first two may be left out."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        consumer: Consumer | None = None,
        migrations: Path | Traversable | None = None,
        http: Any = None,
        http_port: int = 0,
        background: Sequence[Background] = (),
        ready_without_kafka: bool = False,
        deadlines: Sequence[Deadline] = (),
    ) -> None:
        self.name = name
        self.settings = settings
        self.consumer = consumer or Consumer(name)
        self.database = Database(
            settings.database_url,
            max_connections=settings.database_max_connections,
            warm=settings.kafka_lanes + 1,
            idle_seconds=settings.database_idle_seconds,
        )
        self.metrics = Metrics()
        self.telemetry = telemetry.Telemetry(name, settings)
        self.failpoints = Failpoints(settings.khamdoan_failpoint, environment=settings.khamdoan_environment)
        self.delivery = Delivery(
            self.consumer, self.database, telemetry=self.telemetry, metrics=self.metrics, failpoints=self.failpoints
        )
        self.relay = Relay(
            self.database, partial(kafka.producer, settings), settings, self.telemetry, self.metrics, self.failpoints
        )
        self._name = Name(settings.database_url)
        self.subscription: Subscription | None = None
        self.stop = asyncio.Event()
        self.started = asyncio.Event()
        self._migrations = migrations
        self._background = background
        self._measured = measuring.Measured(
            self.database, self.metrics, lambda: self.subscription, lambda: len(self.relay.leases.held), deadlines
        )
        self._ready_without_kafka = ready_without_kafka
        self._operations = HttpServer(
            operations.make_app(self.delivery, ready=self.ready), settings.operations_host, settings.operations_port
        )
        self._http: HttpServer | None = None
        if http is not None:
            self._http = HttpServer(telemetry.TracedApp(http, self.telemetry), settings.http_host, http_port)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failure: BaseException | None = None
        self._migrated = False

    async def run(self, *, as_process: bool = True) -> None:
        """Run until SIGTERM, SIGINT or `stop`, then drain; raises what killed a part, so the exit code tells."""
        if as_process:
            logs.set_up(self.name, self.settings.log_level)
            connections.allow_many()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.stop.set)
        self._spawn("operations", self._operations.serve())
        self._spawn("start", self._start(), may_end=True)
        await self.stop.wait()
        await self._drain()
        log.info("stopped")
        if self._failure is not None:
            # As a process, only the code tells: a traceback's last line may carry somebody's data.
            raise SystemExit(1) if as_process else self._failure

    @property
    def topics(self) -> list[str]:
        """The topics it reads, and the one it announces its dead letters on."""
        return sorted({*self.consumer.topics, f"{self.name}.deliveries"})

    async def operations_port(self) -> int:
        """The port of the operations app, once it listens."""
        return await self._operations.bound_port()

    async def ready(self) -> dict[str, bool]:
        """The conditions of readiness: all true means that messages and requests are being served."""
        conditions = {"migrated": self._migrated, "database": await self._database_answers()}
        if self.consumer.topics and not self._ready_without_kafka:
            consumer = self.subscription
            conditions["assigned"] = consumer is not None and consumer.assigned is not None
            conditions["polling"] = consumer is not None and consumer.answer_age < ANSWER_AGE_AT_MOST
        if self._http is not None:
            conditions["http"] = bool(self._http.started)
        return conditions

    async def _start(self) -> None:
        await self.database.open()
        applied = await self.database.migrate("service", self._migrations)
        self._migrated = True
        log.info("migrated", applied=applied)
        self._spawn("relay", self.relay.run())
        forgetting = partial(inbox.prune, self.database)
        self._spawn("prune", background.repeat(forgetting, self.stop, name="prune", every=PRUNE_SECONDS))
        self._spawn("measure", measuring.measure_for_ever(self._measured))
        if self._http is not None:
            self._spawn("http", self._http.serve())
        for number, work in enumerate(self._background):
            self._spawn(f"background-{number}", _run(work, self.database, self.stop))
        if self.consumer.topics:
            name = await self._name.claim(self.settings.kafka_instance_id)
            settings = self.settings.model_copy(update={"kafka_instance_id": name})
            subscription = Subscription(self.delivery, settings)
            subscription.failure.add_done_callback(partial(self._ended, "consumer", may_end=False))
            await subscription.start()
            self.subscription = subscription
            self._spawn("consume", subscription.run())
            self._spawn("watch", subscription.watch())
        # What stands now stays: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        self.started.set()
        log.info("started")

    async def _drain(self) -> None:
        """Serve no more, finish the batch, leave the group, publish what was said, close."""
        log.info("draining")
        if self._http is not None:
            self._http.should_exit = True
        try:
            async with asyncio.timeout(self.settings.shutdown_seconds):
                if self.subscription is not None:
                    await self.subscription.stop()
                await asyncio.gather(
                    *(task for name, task in self._tasks.items() if name.startswith(("http", "background"))),
                    return_exceptions=True,
                )
                if self._failure is None:
                    await self.relay.until_idle()
        except TimeoutError:
            log.warning("drain cut short")
        self._operations.should_exit = True
        await self._end_tasks()
        await self.relay.close()
        await self._name.give_up()
        await self.database.close()
        await asyncio.to_thread(self.telemetry.close)

    async def _end_tasks(self) -> None:
        for name, task in self._tasks.items():
            if name != "operations":
                task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _spawn(self, name: str, work: Coroutine[Any, Any, None], *, may_end: bool = False) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(partial(self._ended, name, may_end=may_end))

    def _ended(self, name: str, task: asyncio.Future[None], *, may_end: bool) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if self.stop.is_set() or (error is None and may_end):
            return
        self._failure = error or PartEndedError(name)
        log.error("part ended", part=name, error=faults.where(self._failure))
        self.stop.set()

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(2):
                await self.database.pool.fetchval("SELECT 1")
        except Exception as error:
            log.warning("database does not answer", error=faults.where(error))
            return False
        return True


async def _run(work: Background, database: Database, stop: asyncio.Event) -> None:
    await work(database, stop)
