"""Many who wait for receipts at once are answered by one look, each about their own."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from gateway_builders import Clients, a_declaration, because, post

from contracts.registry import OrganisationRegistered
from gateway import receipts
from gateway.consumers import make_consumer
from gateway.edge import Edge
from shared.database import Database
from shared.testing import PATIENCE, Deliver

pytestmark = pytest.mark.stack


async def test_whoever_waits_learns_of_the_own_answer_and_not_of_another(
    as_: Clients, edge: Edge, database: Database, deliver: Deliver
) -> None:
    root = uuid4()
    client = await as_.union(root)
    said = [(await post(client, a_declaration(root))).json()["receipt_id"] for _ in range(12)]
    refs = await database.pool.fetch("SELECT receipt_id, ref FROM receipts")
    ref = next(row["ref"] for row in refs if str(row["receipt_id"]) == said[0])
    waiting = [asyncio.create_task(client.get(f"/receipts/{receipt}", params={"wait": 3})) for receipt in said]
    registered = OrganisationRegistered.model_validate(a_declaration(root).model_dump() | {"code_system": "2025-07-01"})

    await deliver(make_consumer(), database, [because(registered, ref)])
    answers = [response.json()["state"] for response in await asyncio.gather(*waiting)]

    assert answers[0] == "answered"
    assert set(answers[1:]) == {"accepted"}


async def test_what_closes_between_the_first_look_and_the_wait_is_not_missed(
    as_: Clients, edge: Edge, database: Database, deliver: Deliver
) -> None:
    root = uuid4()
    receipt = UUID((await post(await as_.union(root), a_declaration(root))).json()["receipt_id"])
    ref = await database.pool.fetchval("SELECT ref FROM receipts")
    registered = OrganisationRegistered.model_validate(a_declaration(root).model_dump() | {"code_system": "2025-07-01"})

    with edge.lookout.awaiting(edge.db, receipt) as closed:
        await deliver(make_consumer(), database, [because(registered, ref)])
        async with asyncio.timeout(PATIENCE):
            await closed(3_600)

    assert await receipts.standing(edge.db, [receipt]) == {receipt: (f"unions/{root}", "answered", False)}


async def test_who_waits_while_the_database_fails_is_told_and_the_next_look_is_a_new_one(edge: Edge) -> None:
    receipt, gone = uuid4(), Database(edge.database.url)

    with pytest.raises(RuntimeError), edge.lookout.awaiting(_Closed(gone), receipt) as closed:
        await closed(10)
    with edge.lookout.awaiting(edge.db, receipt) as closed:
        async with asyncio.timeout(PATIENCE):
            await closed(3_600)


class _Closed:
    """Reads of a database that nobody opened."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, query: str, *args: Any) -> Any:
        return await self._database.pool.fetch(query, *args)
