"""How far rosters are: counted when rows are answered, exactly, so that whoever watches costs a look at one row."""

import asyncio
from uuid import UUID, uuid4

import pytest
from gateway_builders import DAY

from contracts.rosters import RosterRowsAnswered, RosterSubmitted, RowAnswer
from gateway.app import MIGRATIONS
from gateway.consumers import make_consumer
from gateway.edge import Edge
from gateway.read_models import rosters
from gateway.read_models.records import Reader
from shared.database import Database
from shared.testing import PATIENCE, Deliver

CONSUMER = make_consumer()
COUNTED = """
SELECT count(*) AS answered, count(*) FILTER (WHERE effect = 'registered') AS registered,
       count(*) FILTER (WHERE outcome = 'refused') AS refused FROM roster_rows WHERE roster_id = $1
"""


async def a_roster(database: Database) -> UUID:
    roster_id = uuid4()
    submitted = RosterSubmitted(
        roster_id=roster_id, unit_id=uuid4(), reference_date=DAY, chunks=0, key_id="k1", sealed_facts=b"-"
    )
    async with database.transaction() as tx:
        await rosters.remember(tx, [submitted])
    return roster_id


def answered(roster_id: UUID, part: int, effects: dict[int, str]) -> RosterRowsAnswered:
    rows = [
        RowAnswer(row=row, outcome="refused" if effect == "refused" else "accepted", effect=effect)  # type: ignore[arg-type]
        for row, effect in effects.items()
    ]
    return RosterRowsAnswered(roster_id=roster_id, part=part, rows=rows)


async def counts(database: Reader, roster_id: UUID) -> tuple[int, int, int]:
    shown = (await rosters.progress(database, [roster_id]))[roster_id]
    return shown["answered"], shown["registered"], shown["refused"]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one by one"])
async def test_a_row_answered_again_is_counted_once_and_as_it_was_answered_last(
    edge: Edge, database: Database, deliver: Deliver, at_once: bool
) -> None:
    roster, other = await a_roster(database), await a_roster(database)
    said = [
        answered(roster, 0, {2: "registered", 3: "refused", 4: "changed"}),
        answered(other, 0, {2: "registered"}),
        answered(roster, 0, {2: "registered", 3: "refused", 4: "changed"}),
        answered(roster, 1, {3: "registered", 4: "refused", 5: "refused"}),
    ]

    for batch in [said] if at_once else [[event] for event in said]:
        await deliver(CONSUMER, database, batch)

    assert await counts(edge.db, roster) == (4, 2, 2)
    assert await counts(edge.db, other) == (1, 1, 0)
    for roster_id in (roster, other):
        counted = await database.pool.fetchrow(COUNTED, roster_id)
        assert tuple(counted) == await counts(edge.db, roster_id)


async def test_two_that_answer_the_same_rows_at_once_count_them_once(edge: Edge, database: Database) -> None:
    roster = await a_roster(database)
    rows = rosters.as_rows([answered(roster, 0, dict.fromkeys(range(2, 202), "registered"))])

    async def tell() -> None:
        async with database.transaction() as tx:
            await tx.execute(rosters.LOCK_COUNTS, [roster])
            await tx.execute(rosters.ANSWER, rows)

    await asyncio.gather(*(tell() for _ in range(4)))

    assert await counts(edge.db, roster) == (200, 200, 0)


async def test_a_hundred_who_watch_a_roster_read_none_of_its_rows(
    edge: Edge, database: Database, deliver: Deliver
) -> None:
    roster = await a_roster(database)
    await deliver(CONSUMER, database, [answered(roster, 0, dict.fromkeys(range(2, 502), "registered"))])
    # Whoever still counted rows would wait for this lock.
    async with database.transaction() as tx:
        await tx.execute("LOCK TABLE roster_rows")

        async with asyncio.timeout(PATIENCE):
            told = await asyncio.gather(*(counts(edge.db, roster) for _ in range(100)))

    assert set(told) == {(500, 500, 0)}


async def test_rows_answered_before_rows_were_counted_are_counted_by_the_migration(
    edge: Edge, database: Database, deliver: Deliver
) -> None:
    roster = await a_roster(database)
    await deliver(CONSUMER, database, [answered(roster, 0, {2: "registered", 3: "refused", 4: "changed"})])
    migration = (MIGRATIONS / "0017_counts_of_rosters.sql").read_text("utf-8")
    await database.pool.execute("DROP TABLE roster_counts")

    await database.pool.execute(migration)

    assert await counts(edge.db, roster) == (3, 1, 1)
