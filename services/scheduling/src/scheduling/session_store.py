"""SQL of exam sessions and the permits that they need."""

from collections.abc import Iterable, Sequence
from datetime import date
from json import dumps, loads
from uuid import UUID

from asyncpg import Record

from contracts.clinics import SessionOffered
from contracts.health import PermitGranted, PermitRevoked
from scheduling.model import Session, Window
from shared.consuming import Batch
from shared.database import Transaction


async def lock_clinics(tx: Transaction, clinic_ids: Iterable[str]) -> None:
    """Hold the rows of clinics, known or not: their sessions and permits meet here."""
    await tx.execute(
        """
        INSERT INTO clinics (clinic_id) SELECT * FROM unnest($1::text[])
        ON CONFLICT (clinic_id) DO UPDATE SET clinic_id = excluded.clinic_id
        """,
        sorted(set(clinic_ids)),
    )


async def put_permits(tx: Transaction, permits: Batch[PermitGranted]) -> None:
    """Know these permits and who granted them; a known one keeps what is left of it."""
    await tx.executemany(
        """
        INSERT INTO permits (permit_id, clinic_id, sites, valid_from, valid_to, licensed_stations, bnn, authority)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (permit_id) DO NOTHING
        """,
        [
            (p.permit_id, p.clinic_id, p.sites, p.valid_from, p.valid_to, p.licensed_stations, p.bnn, m.party)
            for m in permits
            for p in [m.event]
        ],
    )


async def shorten_permits(tx: Transaction, revocations: Batch[PermitRevoked]) -> set[UUID]:
    """Let permits end the day before the one named; returns those that are known as the clinic's and the authority's.

    The edge lets no authority end another's permit; what it did not know then waits here like one of no permit at all.
    """
    rows = await tx.fetch(
        """
        UPDATE permits SET valid_to = least(permits.valid_to, revoked.from_day - 1)
        FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[]) AS revoked (permit_id, clinic_id, from_day, party)
        WHERE permits.permit_id = revoked.permit_id AND permits.clinic_id = revoked.clinic_id
          AND coalesce(permits.authority = revoked.party, true)
        RETURNING permits.permit_id
        """,
        [r.permit_id for r in revocations.events],
        [r.clinic_id for r in revocations.events],
        [r.from_day for r in revocations.events],
        revocations.party,
    )
    return {row["permit_id"] for row in rows}


async def put_sessions(tx: Transaction, sessions: Sequence[SessionOffered]) -> None:
    """Know these sessions as they are offered now, without a permit; the caller holds their clinics."""
    await tx.executemany(
        """
        INSERT INTO sessions (session_id, clinic_id, campaign_id, site, day, bnn, open_cost, windows, stations, seats,
            status)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'planned')
        ON CONFLICT (session_id) DO UPDATE SET campaign_id = excluded.campaign_id, site = excluded.site,
            day = excluded.day, bnn = excluded.bnn, open_cost = excluded.open_cost, windows = excluded.windows,
            stations = excluded.stations, seats = excluded.seats, status = 'planned', permit_id = NULL
        """,
        [
            (s.session_id, s.clinic_id, s.campaign_id, s.site, s.day, s.bnn, s.open_cost, windows_json(s),
             stations_of(s), sum(window.total for window in s.windows))
            for s in sorted(sessions, key=lambda s: s.session_id)
        ],
    )  # fmt: skip


def windows_json(session: SessionOffered) -> str:
    """The windows as they are stored: [start, total, {station: arrivals}] each."""
    return dumps([[w.start, w.total, dict(sorted(w.capacity.items()))] for w in session.windows])


def stations_of(session: SessionOffered) -> list[str]:
    """The stations that a session offers to anybody at all."""
    return sorted({station for w in session.windows for station, arrivals in w.capacity.items() if arrivals})


async def match_permits(tx: Transaction, clinic_ids: Iterable[str], today: date) -> list[Record]:
    """Give coming sessions of these clinics the permit that covers them, or none; returns (…, was) where it changed.

    A permit covers a session on its site and day if its staff list is licensed for every station that examines
    (reception does not) and, where needed, for occupational diseases. The caller holds the clinics.
    """
    return await tx.fetch(
        """
        WITH found AS (
            SELECT s.session_id, s.status AS was, p.permit_id
            FROM sessions AS s LEFT JOIN LATERAL (
                SELECT permit_id FROM permits AS p
                WHERE p.clinic_id = s.clinic_id AND s.site = ANY(p.sites) AND s.day BETWEEN p.valid_from AND p.valid_to
                  AND array_remove(s.stations, 'REC') <@ p.licensed_stations AND (p.bnn OR NOT s.bnn)
                ORDER BY p.permit_id = s.permit_id DESC NULLS LAST, p.valid_to DESC, p.permit_id LIMIT 1
            ) AS p ON true
            WHERE s.clinic_id = ANY($1) AND s.status <> 'withdrawn' AND s.day >= $2
              AND p.permit_id IS DISTINCT FROM s.permit_id
            ORDER BY s.session_id FOR NO KEY UPDATE OF s
        )
        UPDATE sessions SET permit_id = found.permit_id,
            status = CASE WHEN found.permit_id IS NULL THEN 'planned' ELSE 'confirmed' END,
            loosened_on = CASE WHEN found.was = 'planned' THEN greatest(loosened_on, $2) ELSE loosened_on END,
            loosened_at = CASE WHEN found.was = 'planned' THEN clock_timestamp() ELSE loosened_at END
        FROM found WHERE sessions.session_id = found.session_id
        RETURNING sessions.*, found.was
        """,
        list(set(clinic_ids)),
        today,
    )


async def sessions_under(tx: Transaction, permit_ids: Iterable[UUID]) -> list[UUID]:
    """The sessions that are confirmed by one of these permits."""
    rows = await tx.fetch("SELECT session_id FROM sessions WHERE permit_id = ANY($1)", list(permit_ids))
    return [row["session_id"] for row in rows]


async def withdraw_sessions(tx: Transaction, session_ids: Iterable[UUID]) -> list[Record]:
    """Take sessions out of the calendar; returns those that were in it."""
    return await tx.fetch(
        "UPDATE sessions SET status = 'withdrawn' WHERE session_id = ANY($1) AND status <> 'withdrawn' RETURNING *",
        list(session_ids),
    )


async def get_sessions(tx: Transaction, session_ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Sessions by id, unlocked."""
    rows = await tx.fetch("SELECT * FROM sessions WHERE session_id = ANY($1)", list(session_ids))
    return {row["session_id"]: row for row in rows}


async def lock_sessions(tx: Transaction, session_ids: Iterable[UUID]) -> list[Session]:
    """Sessions in the order of their ids; whoever competes for their seats waits here."""
    rows = await tx.fetch(
        "SELECT * FROM sessions WHERE session_id = ANY($1) ORDER BY session_id FOR NO KEY UPDATE",
        list(set(session_ids)),
    )
    return [session_of(row) for row in rows]


async def loosen(tx: Transaction, session_ids: Iterable[UUID], today: date) -> None:
    """Note that sessions have room which no plan has seen."""
    loosened = sorted(session_ids)
    if loosened:
        await tx.execute(
            "UPDATE sessions SET loosened_on = $2, loosened_at = clock_timestamp() WHERE session_id = ANY($1)",
            loosened,
            today,
        )


async def booked_in(tx: Transaction, session_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many live appointments sessions have."""
    rows = await tx.fetch(
        """
        SELECT session_id, count(*) AS booked FROM appointments
        WHERE session_id = ANY($1) AND state IN ('booked', 'kept') GROUP BY session_id
        """,
        list(session_ids),
    )
    return {row["session_id"]: row["booked"] for row in rows}


async def sessions_within_reach(tx: Transaction, check_ids: Iterable[UUID], today: date) -> set[UUID]:
    """Confirmed sessions to come to which the people of these checks may travel."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT s.session_id
        FROM (
            SELECT DISTINCT c.campaign_id, w.crew_id, w.unit_id
            FROM health_checks AS c JOIN workers AS w USING (worker_id) WHERE c.health_check_id = ANY($1)
        ) AS whose
        LEFT JOIN lines AS l ON l.line_id = whose.crew_id LEFT JOIN units AS u ON u.unit_id = whose.unit_id
        JOIN sessions AS s ON s.campaign_id = whose.campaign_id AND s.status = 'confirmed' AND s.day > $2
            AND (l.reaches ? s.site OR l.line_id IS NULL AND s.site = u.commune_code)
        """,
        list(check_ids),
        today,
    )
    return {row["session_id"] for row in rows}


def session_of(row: Record) -> Session:
    """A session's row as the rules see it."""
    windows = tuple(Window(start, total, capacity) for start, total, capacity in loads(row["windows"]))
    return Session(
        row["session_id"], row["clinic_id"], row["campaign_id"], row["site"], row["day"], windows, row["status"],
        row["bnn"], row["open_cost"],
    )  # fmt: skip
