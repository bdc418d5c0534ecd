"""What is left of a stack, and what is still in it, after it was ended in every possible way."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from khamdoan import topics
from khamdoan.state import State

pytestmark = [pytest.mark.slow, pytest.mark.stack]

TOPIC = "unions.programmes"


async def store_row(running: State) -> None:
    connection = await asyncpg.connect(running.environment["DATABASE_URL"])
    await connection.execute("CREATE TABLE kept (word text)")
    await connection.execute("INSERT INTO kept VALUES ('Tây Ninh')")
    await connection.close()


async def stored_row(running: State) -> Any:
    connection = await asyncpg.connect(running.environment["DATABASE_URL"])
    try:
        return await connection.fetchval("SELECT word FROM kept")
    finally:
        await connection.close()


async def publish(running: State) -> None:
    broker = running.environment["KAFKA_BOOTSTRAP_SERVERS"]
    async with AIOKafkaProducer(bootstrap_servers=broker, acks="all") as producer:
        await producer.send_and_wait(TOPIC, "Tây Ninh".encode(), partition=0)


async def published(running: State) -> str:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=running.environment["KAFKA_BOOTSTRAP_SERVERS"], auto_offset_reset="earliest"
    )
    async with consumer:
        consumer.assign([TopicPartition(TOPIC, 0)])
        record = await consumer.getone()
        return record.value.decode()


async def fill(running: State) -> None:
    await topics.create(running.environment["KAFKA_BOOTSTRAP_SERVERS"])
    await store_row(running)
    await publish(running)


def test_killing_the_supervisor_leaves_no_child(
    supervised: Any, wait_until: Callable[..., None], is_running: Callable[[int], bool]
) -> None:
    running = supervised.start()

    supervised.end(signal.SIGKILL)

    wait_until(lambda: not any(is_running(pid) for pid in running.pids.values()))


async def test_what_was_acknowledged_is_still_there_after_the_supervisor_was_killed(supervised: Any) -> None:
    await fill(supervised.start())

    supervised.end(signal.SIGKILL)
    again = supervised.start()

    assert await stored_row(again) == "Tây Ninh"
    assert await published(again) == "Tây Ninh"


async def test_a_stack_finds_its_data_when_its_ports_are_chosen_anew(supervised: Any) -> None:
    before = supervised.start()
    await fill(before)
    supervised.end(signal.SIGTERM)

    (supervised.data / "ports.json").unlink()
    after = supervised.start()

    assert set(after.ports.values()).isdisjoint(before.ports.values())
    assert await stored_row(after) == "Tây Ninh"
    assert await published(after) == "Tây Ninh"


def test_a_stop_ends_every_child_and_takes_the_state_with_it(
    supervised: Any, is_running: Callable[[int], bool]
) -> None:
    running = supervised.start()

    status = supervised.end(signal.SIGTERM)

    assert status == 0
    assert not any(is_running(pid) for pid in running.pids.values())
    assert not (supervised.data / "state.json").exists()


@pytest.mark.parametrize("server", ["postgres", "kafka"])
async def test_a_killed_server_is_started_again_with_its_data(
    supervised: Any, wait_until: Callable[..., None], server: str
) -> None:
    running = supervised.start()
    await fill(running)

    os.kill(running.pids[server], signal.SIGKILL)
    wait_until(lambda: pids_in(supervised.data)[server] != running.pids[server])
    wait_until(lambda: is_serving(supervised.data, server))

    assert await stored_row(running) == "Tây Ninh"
    assert await published(running) == "Tây Ninh"


def pids_in(data: Path) -> dict[str, int]:
    pids: dict[str, int] = json.loads((data / "state.json").read_text())["pids"]
    return pids


def is_serving(data: Path, server: str) -> bool:
    sign = {"postgres": "ready to accept connections", "kafka": "Kafka Server started"}[server]
    return (data / "logs" / f"{server}.log").read_text().count(sign) >= 2
