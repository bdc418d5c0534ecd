"""Events of a released version reach today's readers, and today's events the readers of that version."""

import json
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
from fault_documents import Writer
from fault_report import Figure

from contracts import catalogue
from contracts.base import Event
from contracts.schemas import schema_of
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.outbox import outgoing
from shared.service import Service
from shared.testing import Topics, arrival_of, running, until
from shared.testing_servers import RawRecord

RELEASED = Path(__file__).parents[2] / "contracts" / "released"
EACH = 5
SEED = 17


def released() -> dict[str, dict[str, dict[str, Any]]]:
    """The schemas of every released version, by type."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RELEASED.glob("*.json"))}


def reader_of_everything(read: list[Event]) -> Consumer:
    """A consumer of every event class there is; it keeps what it understood."""
    consumer = Consumer("reader")

    async def keep(_tx: Transaction, batch: Batch[Any]) -> None:
        read.extend(batch.events)

    for event_class in catalogue.EVENTS:
        consumer.on(event_class)(keep)
    return consumer


def documents(schema: dict[str, Any], random: Random) -> list[Any]:
    """Some with every field, one with what is required only."""
    return [Writer(schema, random, full=number > 0).document() for number in range(EACH)]


async def test_what_a_released_version_says_is_understood_today(
    database: Database, kafka: Topics, figure: Figure
) -> None:
    random, read = Random(SEED), list[Event]()
    said: list[tuple[str, RawRecord]] = []
    for schemas in released().values():
        for name, schema in schemas.items():
            event_class = catalogue.BY_TYPE[name]
            for document in documents(schema, random):
                event = event_class.model_validate(document)
                sent = arrival_of(outgoing(event), 0)
                # As the old writer wrote it, not as today's class would.
                headers: list[tuple[str, bytes | None]] = [
                    (header, text.encode()) for header, text in sent.headers.items()
                ]
                said.append((event_class.entry.topic, (sent.key, json.dumps(document).encode(), headers)))

    service = Service("reader", kafka.settings(database), consumer=reader_of_everything(read))
    async with running(service, partitions=1):
        for topic in {topic for topic, _ in said}:
            await kafka.say_raw(topic, [record for at, record in said if at == topic])
        await until(database, f"SELECT sum(next_offset) >= {len(said)} FROM consumed")
        parked = await database.pool.fetch("SELECT type, reason, detail FROM dead_letters")

    assert parked == []
    assert len(read) == len(said)
    figure("Events of released versions, read today", types=len(catalogue.EVENTS), events=len(read))


def test_what_is_said_today_is_understood_by_released_readers(figure: Figure) -> None:
    random, checked = Random(SEED), 0
    for version, schemas in released().items():
        for name, schema in schemas.items():
            event_class = catalogue.BY_TYPE[name]
            validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
            for document in documents(schema_of(event_class), random):
                # What a writer puts on the wire, and what the next minor version might add.
                said = json.loads(event_class.model_validate(document).model_dump_json(by_alias=True))
                problems = [error.message for error in validator.iter_errors(said | {"added_later": {"a": [1]}})]
                assert problems == [], (version, name)
                checked += 1
    figure("Events of today, read by released versions", events=checked)
