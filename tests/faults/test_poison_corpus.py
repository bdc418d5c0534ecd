"""A corpus of poison through the real consumer: each record is parked, skipped or taken, and none holds up another."""

import json
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from confluent_kafka import Producer
from fault_report import Figure
from kernel_shop import OrderRemarked, Store, an_order

from contracts.base import Event
from shared.consuming import Batch
from shared.database import Database, Transaction
from shared.service import Service
from shared.testing import Topics, arrival_of, row_of, running, until

Headers = list[tuple[str, str | bytes | None]]
LEFT_OUT = b"left out"
Record = tuple[bytes | None, bytes | None, Headers]


@dataclass(frozen=True)
class Specimen:
    """A record, and what must become of it: `taken`, `skipped`, or the reason of its dead letter."""

    name: str
    becomes: str
    record: Record


def specimen(
    name: str, becomes: str, *, key: bytes | None = b"its own", body: Any = "sound", **headers: bytes | None
) -> Specimen:
    """A sound remark, changed in one thing: its key, its body (some fields, or all of it), or a header."""
    sound = arrival_of(OrderRemarked(order_id=uuid4(), text="sound"), 0)
    assert sound.value is not None
    assert sound.key is not None
    value: bytes | None = body
    if isinstance(body, dict):
        value = json.dumps(json.loads(sound.value) | body).encode()
    elif body == "sound":
        value = sound.value
    named: dict[str, bytes | None] = {header: text.encode() for header, text in sound.headers.items()}
    named |= {header.replace("content_type", "content-type"): text for header, text in headers.items()}
    kept: Headers = [(header, text) for header, text in named.items() if text != LEFT_OUT]
    return Specimen(name, becomes, (sound.key.encode() if key == b"its own" else key, value, kept))


def written(body: str) -> dict[str, Any]:
    """A body that no JSON writer would write, and the key that is in it."""
    order_id = str(uuid4())
    return {"key": order_id.encode(), "body": f'{{"order_id": "{order_id}", {body}}}'.encode()}


def id_in(poison: Specimen) -> UUID | None:
    """The order that a specimen speaks of, if that can be read."""
    try:
        return UUID(json.loads(poison.record[1] or b"")["order_id"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def record_of(event: Event) -> Record:
    """A sound event as a record."""
    row = row_of(event)
    return row.key.encode(), row.value, [(name, text.encode()) for name, text in row.headers.items()]


class Sayer:
    """Puts records into one topic in order, whatever they are."""

    def __init__(self, kafka: Topics) -> None:
        self._producer = Producer({"bootstrap.servers": kafka.bootstrap, "enable.idempotence": True})
        self._topic = kafka.prefix + "shop.orders"

    def say(self, record: Record) -> None:
        """One record, whenever the client library thinks fit."""
        key, value, headers = record
        self._producer.produce(self._topic, value, key, headers=headers)
        self._producer.poll(0)

    def done(self) -> None:
        """Wait until all are there."""
        assert self._producer.flush(20) == 0


DEEP = b'{"order_id": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"

CORPUS = [
    specimen("no JSON", "invalid_event", body=b"{"),
    specimen("empty", "invalid_event", body=b""),
    specimen("not UTF-8", "invalid_event", body=b"\xff\xfe\x00"),
    specimen("a number", "invalid_event", body=b"1"),
    specimen("a list", "invalid_event", body=b"[]"),
    specimen("JSON's null", "invalid_event", body=b"null"),
    specimen("nested 50,000 deep", "invalid_event", body=DEEP),
    specimen("a field missing", "invalid_event", body=b'{"text": "no id"}'),
    specimen("a field of the wrong type", "invalid_event", body={"text": 5}),
    specimen("no id in the key's field", "invalid_event", body={"order_id": "not-an-id"}),
    specimen("NaN", "invalid_event", body={"counts": {"a": float("nan")}}),
    specimen("a huge integer", "handler_failed", body={"counts": {"a": 10**40}}),
    specimen("an integer of 5,000 digits", "invalid_event", **written(f'"text": "", "counts": {{"a": {"9" * 5_000}}}')),
    specimen("a lone surrogate", "invalid_event", **written(r'"text": "\ud800"')),
    specimen("a field twice", "taken", **written('"text": "first", "text": "last"')),
    specimen("as large as a topic takes", "taken", body={"text": "x" * 950_000}),
    specimen("a NUL in a text", "handler_failed", body={"text": "a\0b"}),
    specimen("unknown fields of a newer minor", "taken", body={"new": {"in": ["1.1"]}}),
    specimen("another content type", "taken", content_type=b"application/avro"),
    specimen("no content type", "taken", content_type=LEFT_OUT),
    specimen("a header too many, null", "taken", x_extra=None),
    specimen("a header too many, not UTF-8", "taken", x_extra=b"\xc3\x28"),
    specimen("a broken trace", "taken", traceparent=b"00-zz-1"),
    specimen("a sequence that is no number", "taken", ce_sequence=b"many"),
    specimen("no specversion", "taken", ce_specversion=LEFT_OUT),
    specimen("no type", "unreadable_headers", ce_type=LEFT_OUT),
    specimen("type not UTF-8", "unreadable_headers", ce_type=b"\xff"),
    specimen("no id", "unreadable_headers", ce_id=LEFT_OUT),
    specimen("id null", "unreadable_headers", ce_id=None),
    specimen("id not UTF-8", "unreadable_headers", ce_id=b"\xff\xfe"),
    specimen("no source", "unreadable_headers", ce_source=LEFT_OUT),
    specimen("no time", "unreadable_headers", ce_time=LEFT_OUT),
    specimen("a time that is none", "unreadable_headers", ce_time=b"yesterday"),
    specimen("an older major", "unknown_major", ce_type=b"vn.khamdoan.shop.order.remarked.v0"),
    specimen("a newer major", "unknown_major", ce_type=b"vn.khamdoan.shop.order.remarked.v2"),
    specimen("an unknown type", "skipped", ce_type=b"vn.khamdoan.shop.order.painted.v1"),
    specimen("a tombstone", "skipped", body=None),
    Specimen("a bare tombstone", "skipped", (b"anything", None, [])),
    specimen("another aggregate's key", "key_mismatch", key=str(uuid4()).encode()),
    specimen("an empty key", "key_mismatch", key=b""),
    specimen("no key", "key_mismatch", key=None),
]


async def test_every_specimen_becomes_what_is_written_and_none_holds_up_another(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    taken: set[UUID] = set()

    @store.consumer.on(OrderRemarked)
    async def on_order_remarked(tx: Transaction, batch: Batch[OrderRemarked]) -> None:
        for event in batch.events:
            await tx.execute("SELECT $1::text, $2::bigint", event.text, event.counts.get("a", 0))
        taken.update(event.order_id for event in batch.events)

    await kafka.create("shop.orders", "store.orders", "store.deliveries", partitions=1)
    neighbours = [an_order() for _ in CORPUS]
    async with running(Service("store", kafka.settings(database), consumer=store.consumer), partitions=1) as service:
        begun = monotonic()
        sayer = Sayer(kafka)
        for poison, neighbour in zip(CORPUS, neighbours, strict=True):
            sayer.say(poison.record)
            sayer.say(record_of(neighbour))
        sayer.done()
        await until(database, f"SELECT count(*) = {len(CORPUS)} FROM orders")
        seconds = monotonic() - begun
        letters = await database.pool.fetch('SELECT "offset", reason, value FROM dead_letters')
        skipped = sum(
            sample.value
            for family in service.metrics.events.collect()
            for sample in family.samples
            if sample.name == "events_total" and sample.labels["result"] in {"unknown_type", "tombstone"}
        )

    parked = {row["offset"]: (row["reason"], row["value"]) for row in letters}
    became = {}
    for number, poison in enumerate(CORPUS):
        reason, value = parked.get(2 * number, ("taken" if id_in(poison) in taken else "skipped", poison.record[1]))
        became[poison.name] = reason
        assert value == poison.record[1], poison.name
    assert became == {poison.name: poison.becomes for poison in CORPUS}
    assert skipped == sum(poison.becomes == "skipped" for poison in CORPUS)
    announced = await kafka.hear("store.deliveries")
    assert len(announced) == len(letters)
    figure("Poison corpus", specimens=len(CORPUS), parked=len(letters), neighbours_done_seconds=round(seconds, 2))
