"""Whoever comes first after a start, or after a quiet night, does not pay for what everybody needs."""

from uuid import uuid4

from asyncpg.connection import LoggedQuery

from shared.database import Database


async def test_connections_for_a_rush_are_there_at_the_start_and_know_the_array_types(database: Database) -> None:
    fresh = Database(database.url, max_connections=5, warm=3)
    await fresh.open()
    asked: list[str] = []

    def note(query: LoggedQuery) -> None:
        asked.append(query.query)

    warm = fresh.pool.get_size()
    async with fresh.pool.acquire() as connection:
        connection.add_query_logger(note)
        await connection.fetch("SELECT $1::uuid[], $2::smallint[], $3::bytea[]", [uuid4()], [1], [b""])
        await connection.fetch("SELECT ARRAY[current_date], $1::timestamptz[], $2::bigint[]", [], [2])
    await fresh.close()

    assert warm == 3
    assert len(asked) == 2
