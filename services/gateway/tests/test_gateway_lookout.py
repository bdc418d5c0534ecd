"""Many who wait for receipts at once are answered by one look, each about their own."""

import asyncio
from uuid import UUID, uuid4

import pytest
from gateway_builders import Clients, a_declaration, because, post

from contracts.registry import OrganisationRegistered
from gateway.consumers import make_consumer
from gateway.edge import Edge
from shared.database import Database
from shared.testing import Deliver

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
    open_ones = await asyncio.gather(*(edge.lookout.is_open(edge.db, UUID(receipt)) for receipt in said))
    answers = [response.json()["state"] for response in await asyncio.gather(*waiting)]

    assert open_ones == [False, *[True] * 11]
    assert answers[0] == "answered"
    assert set(answers[1:]) == {"accepted"}
