"""Many who ask at once are answered together, each for themselves, in few questions to the database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from asyncpg.connection import LoggedQuery
from gateway_builders import Clients, a_declaration, because, cloudevent, post

from contracts.registry import OrganisationRegistered
from gateway import receipts
from gateway.consumers import make_consumer
from gateway.edge import Edge
from gateway.gathering import Gathering
from gateway.receipt_streams import _stream
from shared.database import Database
from shared.testing import PATIENCE, Deliver


@asynccontextmanager
async def questions(database: Database) -> AsyncIterator[Counter[str]]:
    """How often each query is asked over the pool of this database."""
    asked: Counter[str] = Counter()

    def count(query: LoggedQuery) -> None:
        asked[query.query] += 1

    connections = [await database.pool.acquire() for _ in range(database.pool.get_max_size())]
    for connection in connections:
        connection.add_query_logger(count)
        await database.pool.release(connection)
    yield asked


async def test_what_comes_while_a_question_is_under_way_is_asked_as_the_next_one() -> None:
    asked: list[list[int]] = []
    begun, may_answer = asyncio.Event(), asyncio.Event()

    async def double(numbers: list[int]) -> Sequence[int]:
        asked.append(numbers)
        begun.set()
        await may_answer.wait()
        return [2 * number for number in numbers]

    gathering = Gathering(double, at_most=3)
    first = asyncio.create_task(gathering.ask(0))
    await begun.wait()
    others = [asyncio.create_task(gathering.ask(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    may_answer.set()

    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert asked == [[0], [1, 2, 3], [4, 5]]


async def test_who_asks_again_at_the_very_moment_of_an_answer_is_answered() -> None:
    async def double(numbers: list[int]) -> Sequence[int]:
        return [2 * number for number in numbers]

    gathering = Gathering(double)

    async with asyncio.timeout(PATIENCE):
        assert [await gathering.ask(number) for number in range(100)] == [2 * number for number in range(100)]


async def test_who_cannot_be_answered_is_told_why_and_the_others_are_answered() -> None:
    async def invert(numbers: list[int]) -> Sequence[float]:
        return [1 / number for number in numbers]

    gathering = Gathering(invert)

    answers = await asyncio.gather(*(gathering.ask(number) for number in (1, 0, 2)), return_exceptions=True)

    assert (answers[0], answers[2]) == (1.0, 0.5)
    assert isinstance(answers[1], ZeroDivisionError)


async def test_a_world_that_is_away_is_not_asked_again_for_each() -> None:
    tries = 0

    async def away(_: list[int]) -> Sequence[int]:
        nonlocal tries
        tries += 1
        raise ConnectionRefusedError

    gathering = Gathering(away)

    answers = await asyncio.gather(*(gathering.ask(number) for number in range(50)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {ConnectionRefusedError}
    assert tries == 1


@pytest.mark.stack
async def test_a_rush_of_requests_is_stored_in_few_transactions_and_each_has_its_own_answer(
    as_: Clients, database: Database
) -> None:
    units = [uuid4() for _ in range(20)]
    clients = [await as_.union(unit) for unit in units]
    said = [cloudevent(a_declaration(unit)) for unit in units]
    other = said[0] | {"data": said[0]["data"] | {"name": "Tên khác"}}
    wrong = cloudevent(a_declaration(uuid4()), specversion="0.3")
    async with questions(database) as asked:
        answers = await asyncio.gather(
            *(post(client, event) for client, event in zip(clients, said, strict=True)),
            post(clients[0], other), post(clients[0], wrong), post(clients[1], said[1]),
        )  # fmt: skip

    assert [answer.status_code for answer in answers] == [202] * 20 + [409, 422, 202]
    assert answers[22].json() == answers[1].json() | {"status": "repeated"}
    rows = await database.pool.fetch("SELECT receipt_id, party FROM receipts")
    assert {str(row["receipt_id"]): row["party"] for row in rows} == {
        answer.json()["receipt_id"]: f"unions/{unit}" for answer, unit in zip(answers[:20], units, strict=True)
    }
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 20
    assert asked["COMMIT;"] <= 4


@pytest.mark.stack
async def test_a_hundred_watchers_of_one_receipt_are_one_read_per_change(
    as_: Clients, edge: Edge, database: Database, deliver: Deliver
) -> None:
    root = uuid4()
    receipt = UUID((await post(await as_.union(root), a_declaration(root))).json()["receipt_id"])
    ref = await database.pool.fetchval("SELECT ref FROM receipts")
    registered = OrganisationRegistered.model_validate(a_declaration(root).model_dump() | {"code_system": "2025-07-01"})
    watching = [_stream(edge, receipt, None) for _ in range(100)]
    assert {event.id for event in await asyncio.gather(*map(anext, watching))} == {"accepted"}
    following = [asyncio.create_task(anext(stream)) for stream in watching]

    async with questions(database) as asked:
        await asyncio.sleep(0)
        await deliver(make_consumer(), database, [because(registered, ref)])
        told = {event.id for event in await asyncio.gather(*following)}

    assert told == {"answered"}
    assert 1 <= asked[receipts.GET] <= 8
