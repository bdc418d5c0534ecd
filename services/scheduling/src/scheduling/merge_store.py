"""SQL of merged workers and joined checks."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from asyncpg import Record

from scheduling import joining
from scheduling.joining import Check
from shared.database import Transaction

# Whoever adds checks excludes whoever merges workers until commit, so that neither overlooks the other.
LOCK_AS_MERGER = "SELECT pg_advisory_xact_lock(7405, 1)"
LOCK_AS_DERIVER = "SELECT pg_advisory_xact_lock_shared(7405, 1)"

Turn = tuple[UUID, UUID, int]


async def lock_as_merger(tx: Transaction) -> None:
    """Let nobody add checks meanwhile."""
    await tx.execute(LOCK_AS_MERGER)


async def lock_as_deriver(tx: Transaction) -> None:
    """Let nobody merge workers meanwhile."""
    await tx.execute(LOCK_AS_DERIVER)


async def put_turns(tx: Transaction, turns: Sequence[Turn]) -> set[UUID]:
    """Note (worker, who stands for them, version) where it is news; returns whom it concerns, former persons too."""
    workers, persons, versions = ([turn[part] for turn in turns] for part in range(3))
    former = await tx.fetch("SELECT person_id FROM merges WHERE worker_id = ANY($1)", workers)
    await tx.execute(
        """
        INSERT INTO merges (worker_id, person_id, version) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
        ON CONFLICT (worker_id) DO UPDATE SET person_id = excluded.person_id, version = excluded.version
        WHERE merges.version < excluded.version
        """,
        workers,
        persons,
        versions,
    )
    return {*workers, *persons, *(row["person_id"] for row in former)}


async def persons_of(tx: Transaction, worker_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Who stands for these workers, of those who were merged or are stood for by somebody."""
    asked = set(worker_ids)
    person_of = await workers_of(tx, asked)
    merged = {person_id for worker_id, person_id in person_of.items() if worker_id != person_id}
    return {worker_id: person_of[worker_id] for worker_id in asked if person_of[worker_id] in merged}


async def siblings_of(tx: Transaction, worker_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Other workers who are the same person as one of these, each with that one."""
    asked = set(worker_ids)
    person_of = await workers_of(tx, asked)
    by_person = {person_of[worker_id]: worker_id for worker_id in asked}
    return {worker_id: by_person[person_id] for worker_id, person_id in person_of.items() if worker_id not in asked}


async def workers_of(tx: Transaction, worker_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Every worker who is one person with one of these, these included, with the person.

    Where another worker comes to stand for a person, one turn arrives after the other: whomever the turns connect so
    far are taken for one.
    """
    found: set[UUID] = set()
    person_of: dict[UUID, UUID] = {}
    fresh = set(worker_ids)
    while fresh:
        found |= fresh
        rows = await tx.fetch(
            """
            SELECT worker_id, person_id FROM merges WHERE worker_id = ANY($1)
            UNION SELECT worker_id, person_id FROM merges WHERE person_id = ANY($1)
            """,
            list(fresh),
        )
        person_of |= {row["worker_id"]: row["person_id"] for row in rows}
        fresh = {worker_id for row in rows for worker_id in row} - found
    return {worker_id: joining.stands_for(worker_id, person_of) for worker_id in found}


async def checks_of(tx: Transaction, person_of: dict[UUID, UUID]) -> list[Check]:
    """The checks of these workers in campaigns that do not close yet, with where they are."""
    rows = await tx.fetch(
        """
        SELECT c.health_check_id, c.worker_id, c.unit_id, c.campaign_id, c.state, c.late_joiner, c.joined_to,
            c.gave_up_session, c.gave_up_window, w.left_on, live.day
        FROM health_checks AS c JOIN campaigns AS k USING (campaign_id) JOIN workers AS w USING (worker_id)
        LEFT JOIN appointments AS live ON live.health_check_id = c.health_check_id AND live.state = 'booked'
        WHERE c.worker_id = ANY($1) AND k.closing_on IS NULL ORDER BY c.health_check_id
        """,
        list(person_of),
    )
    return [_check(row, person_of[row["worker_id"]]) for row in rows]


def _check(row: Record, person_id: UUID) -> Check:
    gave_up = None if row["gave_up_session"] is None else (row["gave_up_session"], row["gave_up_window"])
    return Check(
        row["health_check_id"], row["worker_id"], row["unit_id"], row["campaign_id"], person_id, row["state"],
        row["late_joiner"], row["joined_to"], gave_up, row["left_on"], row["day"],
    )  # fmt: skip


async def join_checks(tx: Transaction, turns: dict[UUID, UUID | None], given_up: dict[UUID, tuple[UUID, int]]) -> None:
    """Write what checks are joined to, and the seats that they gave up for it."""
    seats = [given_up.get(check_id, (None, None)) for check_id in turns]
    await tx.execute(
        """
        UPDATE health_checks SET joined_to = n.joined_to, gave_up_session = n.session_id,
            gave_up_window = n.window_index
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[]) AS n (health_check_id, joined_to, session_id,
            window_index)
        WHERE health_checks.health_check_id = n.health_check_id
        """,
        list(turns),
        list(turns.values()),
        [session_id for session_id, _ in seats],
        [window for _, window in seats],
    )
