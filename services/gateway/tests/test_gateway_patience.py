"""A database that takes a question and does not answer holds nobody for ever: 503, and the same again afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx
import pytest
from gateway_builders import Clients, a_declaration, cloudevent, post, post_batch

from gateway.settings import Settings
from shared.database import Database

pytestmark = pytest.mark.stack


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.database_patience_seconds = 0.3
    return settings


@asynccontextmanager
async def silence(database: Database) -> AsyncIterator[None]:
    """Nothing of receipts, or of what was said twice, is answered until the block ends."""
    rival = await asyncpg.connect(database.url)
    await rival.execute("BEGIN; LOCK TABLE receipts, idempotency_keys IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        await rival.close()


def outcome(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.headers["retry-after"]


AWAY = (503, "database.away", "2")


async def test_who_says_something_to_a_silent_database_is_told_and_may_say_it_again(
    as_: Clients, database: Database
) -> None:
    unit = uuid4()
    union, said = await as_.union(unit), cloudevent(a_declaration(unit))

    async with silence(database):
        refused = [
            outcome(answer)
            for answer in (
                await post(union, said),
                await post(union, said, **{"idempotency-key": "once"}),
                await post_batch(union, [said]),
            )
        ]
    accepted = await post(union, said, **{"idempotency-key": "once"})

    assert refused == [AWAY] * 3
    assert (accepted.status_code, accepted.json()["status"]) == (202, "accepted")
    assert await database.pool.fetchval("SELECT count(*) FROM receipts") == 1


async def test_who_asks_a_silent_database_is_told(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    receipt = (await post(union, a_declaration(unit))).json()["receipt_id"]

    async with silence(database):
        refused = [
            outcome(await union.get(path, params=params))
            for path, params in (
                (f"/receipts/{receipt}", {}),
                (f"/receipts/{receipt}", {"wait": 20}),
                ("/receipts", {}),
            )
        ]
    shown = await union.get(f"/receipts/{receipt}")

    assert refused == [AWAY] * 3
    assert shown.json()["state"] == "accepted"


async def test_more_than_the_pool_has_connections_for_are_told_as_soon(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)

    async with silence(database):
        refused = {outcome(await post_batch(union, [cloudevent(a_declaration(unit))])) for _ in range(20)}
    accepted = await post(union, a_declaration(unit))

    assert refused == {AWAY}
    assert accepted.status_code == 202
