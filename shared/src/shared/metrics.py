"""What a service measures: rate, errors, duration per event type, lag, backlog, what is stuck; no key, no value."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

DURATIONS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class Metrics:
    """One registry per service; names are the same in every service, told apart by the scrape's job."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "events", "Events by type and what became of them", ["type", "result"], registry=self.registry
        )
        self.handler_seconds = Histogram(
            "handler_seconds", "One handler call, a wave of events", ["type"], buckets=DURATIONS, registry=self.registry
        )
        self.batch_seconds = Histogram(
            "batch_seconds", "One batch, until its effects are committed", buckets=DURATIONS, registry=self.registry
        )
        self.batches_retried = Counter(
            "batches_retried", "Batches tried again, by whose fault it was", ["fault"], registry=self.registry
        )
        # A counter that is first seen above zero has not increased, as far as Prometheus can tell.
        for fault in ("rivals", "world", "message"):
            self.batches_retried.labels(fault)
        self.published = Counter("events_published", "Events acknowledged by Kafka", ["topic"], registry=self.registry)
        self.relay_restarts = Counter(
            "relay_restarts", "Producers thrown away after a failure or a deadline", registry=self.registry
        )
        self.relay_shards = Gauge("relay_shards", "Shards this process publishes", registry=self.registry)
        self.outbox_rows = Gauge("outbox_rows", "Events not yet acknowledged by Kafka", registry=self.registry)
        self.outbox_age = Gauge(
            "outbox_oldest_seconds", "Age of the oldest event not yet acknowledged", registry=self.registry
        )
        self.lag = Gauge("consumer_lag", "Records behind the end of the partitions", ["topic"], registry=self.registry)
        self.lag_seconds = Gauge(
            "consumer_lag_seconds", "Since the next record was there to be read", ["topic"], registry=self.registry
        )
        self.deadline_minutes = Gauge(
            "deadline_minutes", "Left to the nearest legal deadline of what is open", ["kind"], registry=self.registry
        )
        self.last_poll_age = Gauge("last_poll_age_seconds", "Since Kafka last answered", registry=self.registry)
        self.parked_keys = Gauge("parked_keys", "Keys whose messages park", registry=self.registry)
        self.waiting = Gauge(
            "waiting_messages", "Messages about what is not known yet", ["kind"], registry=self.registry
        )

    def text(self) -> bytes:
        """The exposition format of Prometheus."""
        return generate_latest(self.registry)
