"""How far a receipt is: polled and streamed, the same numbers, up to its answer."""

import asyncio
import json
from uuid import UUID, uuid4

from gateway_builders import Clients, because
from gateway_uploads import CSV, Registry, said

from contracts.rosters import RosterAssessed, RosterRead, RosterRowsAnswered
from gateway.consumers import make_consumer
from gateway.edge import Edge
from gateway.receipt_streams import _stream
from shared.database import Database
from shared.testing import PATIENCE, Deliver

CONSUMER = make_consumer()


async def test_a_receipt_tells_how_far_its_roster_is(
    as_: Clients, database: Database, registry: Registry, deliver: Deliver
) -> None:
    unit = uuid4()
    union, asked = await as_.union(unit), said(unit)
    receipt = (await union.post("/rosters", params=asked, content=CSV)).json()["receipt_id"]
    rows = [
        {"row": number, "outcome": outcome, "effect": effect}
        for number, outcome, effect in [(2, "accepted", "registered"), (3, "refused", "refused")]
    ]

    before = (await union.get(f"/receipts/{receipt}")).json()["progress"]
    await deliver(CONSUMER, database, [RosterRead(roster_id=asked["roster_id"], rows=5)])
    await deliver(CONSUMER, database, [RosterRowsAnswered(roster_id=asked["roster_id"], part=0, rows=rows)])
    during = (await union.get(f"/receipts/{receipt}")).json()["progress"]

    assert before == {"people": None, "answered": 0, "registered": 0, "refused": 0, "done": False}
    assert during == {"people": 5, "answered": 2, "registered": 1, "refused": 1, "done": False}


def assessed(roster_id: str, unit_id: UUID) -> RosterAssessed:
    return RosterAssessed(roster_id=UUID(roster_id), unit_id=unit_id, dry_run=False, file_outcome="accepted", rows=5)


async def test_a_roster_that_was_read_is_kept_as_a_rebuild_would_make_it_without_the_upload(
    as_: Clients, edge: Edge, database: Database, registry: Registry, deliver: Deliver
) -> None:
    unit = uuid4()
    uploaded, only_told = said(unit), str(uuid4())
    receipt = (await (await as_.union(unit)).post("/rosters", params=uploaded, content=CSV)).json()["receipt_id"]

    for roster in (uploaded["roster_id"], only_told):
        await deliver(CONSUMER, database, [RosterRead(roster_id=UUID(roster), rows=5)])
        await deliver(CONSUMER, database, [assessed(roster, unit)])

    kept = await database.pool.fetch("SELECT people, assessment ->> 'rows' AS rows FROM rosters")
    assert [(row["people"], row["rows"]) for row in kept] == [(None, "5")] * 2
    shown = (await (await as_.union(unit)).get(f"/receipts/{receipt}")).json()
    assert shown["progress"]["people"] == 5


async def test_a_stream_tells_how_far_a_roster_is_as_it_moves_and_ends_with_its_answer(
    as_: Clients, edge: Edge, database: Database, registry: Registry, deliver: Deliver
) -> None:
    unit = uuid4()
    union, asked = await as_.union(unit), said(unit)
    receipt = (await union.post("/rosters", params=asked, content=CSV)).json()["receipt_id"]
    ref = await database.pool.fetchval("SELECT ref FROM receipts")
    row = {"row": 2, "outcome": "accepted", "effect": "registered"}
    steps = [
        [RosterRead(roster_id=asked["roster_id"], rows=5)],
        [RosterRowsAnswered(roster_id=asked["roster_id"], part=0, rows=[row])],
        [because(assessed(asked["roster_id"], unit), ref)],
    ]

    stream = _stream(edge, UUID(receipt), None)
    told = [await anext(stream)]
    for step in steps:
        await deliver(CONSUMER, database, step)
        async with asyncio.timeout(PATIENCE):
            told.append(await anext(stream))
    over = [event async for event in stream]
    polled = (await union.get(f"/receipts/{receipt}")).json()

    assert [event.id for event in told] == ["accepted-0-0", "accepted-5-0", "accepted-5-1", "answered-5-1"]
    assert over == []
    assert json.loads(told[-1].data) == polled


async def test_whoever_comes_back_to_a_receipt_that_is_over_is_told_once_and_sent_away(
    as_: Clients, database: Database, registry: Registry, deliver: Deliver
) -> None:
    unit = uuid4()
    union, stranger, asked = await as_.union(unit), await as_.clinic(), said(unit)
    receipt = (await union.post("/rosters", params=asked, content=CSV)).json()["receipt_id"]
    ref = await database.pool.fetchval("SELECT ref FROM receipts")
    await deliver(CONSUMER, database, [because(assessed(asked["roster_id"], unit), ref)])

    first = await union.get(f"/receipts/{receipt}/stream", headers={"Last-Event-ID": "accepted-5-1"})
    last_id = next(line for line in first.text.splitlines() if line.startswith("id: "))[4:]
    again = await union.get(f"/receipts/{receipt}/stream", headers={"Last-Event-ID": last_id})
    foreign = await stranger.get(f"/receipts/{receipt}/stream")

    assert first.headers["content-type"].startswith("text/event-stream")
    assert first.text.count("event: receipt") == 1
    assert (again.status_code, foreign.status_code) == (204, 404)
