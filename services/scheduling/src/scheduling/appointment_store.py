"""SQL of appointments, absences and the wait-list."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from json import loads
from uuid import UUID

from asyncpg import Record

from contracts.unions import AbsenceReported
from scheduling.floor import Appointment, Waiting
from scheduling.model import Crew, Need, Person
from scheduling.shifts import Shifts
from shared.database import Transaction

PEOPLE = """
SELECT c.*, w.crew_id, u.commune_code, l.site, l.shifts_from, l.shifts, l.headcount, l.max_absent_pct, l.reaches,
    l.name,
    (SELECT array_agg(ARRAY[first_day, last_day]) FROM absences AS a WHERE a.worker_id = c.worker_id) AS away
FROM health_checks AS c JOIN workers AS w USING (worker_id)
LEFT JOIN lines AS l ON l.line_id = w.crew_id LEFT JOIN units AS u ON u.unit_id = w.unit_id
"""


async def lock_checks(tx: Transaction, check_ids: Iterable[UUID]) -> None:
    """Hold checks, in the order of their ids: their appointments change only under this lock."""
    await tx.execute(
        "SELECT FROM health_checks WHERE health_check_id = ANY($1) ORDER BY health_check_id FOR NO KEY UPDATE",
        list(set(check_ids)),
    )


async def lock_crews_of(tx: Transaction, check_ids: Iterable[UUID]) -> list[UUID]:
    """The lines of the people of these checks, locked in order: absence ceilings are competed for here."""
    rows = await tx.fetch(
        """
        SELECT line_id FROM lines
        WHERE line_id IN (
            SELECT crew_id FROM health_checks JOIN workers USING (worker_id) WHERE health_check_id = ANY($1))
        ORDER BY line_id FOR NO KEY UPDATE
        """,
        list(check_ids),
    )
    return [row["line_id"] for row in rows]


async def get_people(tx: Transaction, check_ids: Iterable[UUID]) -> list[Record]:
    """What decides about the places of checks: their needs, lines, and days of absence."""
    return await tx.fetch(f"{PEOPLE} WHERE c.health_check_id = ANY($1)", list(check_ids))


class People:
    """Rows of `get_people` as persons; what is alike is made once."""

    def __init__(self) -> None:
        self.crews: dict[UUID, Crew] = {}
        self.needs: dict[Need, Need] = {}

    def person(self, row: Record) -> Person:
        """A person of a row."""
        crew_id = row["crew_id"] or row["unit_id"]
        crew = self.crews.get(crew_id) or self.crews.setdefault(crew_id, crew_of(crew_id, row))
        need = need_of(row)
        return Person(
            row["health_check_id"], row["worker_id"], row["unit_id"], row["campaign_id"], row["state"], crew,
            self.needs.setdefault(need, need), row["priority"], row["due_on"], row["legal_deadline"],
            tuple((first, last) for first, last in row["away"] or ()),
        )  # fmt: skip


def need_of(row: Record) -> Need:
    """What the visit of a check's row consists of."""
    return Need(row["package"], tuple(row["stations"]), tuple(row["timing"]), row["bnn"], row["cycle_minutes"])


def crew_of(crew_id: UUID, row: Record) -> Crew:
    """The line in a row; a unit without lines is one that is never on shift and stays in its own commune."""
    if row["site"] is None:
        home = row["commune_code"]
        return Crew(crew_id, home or "", Shifts(), 1, {home: 0} if home else {})
    pattern = tuple(None if shift is None else (shift[0], shift[1]) for shift in loads(row["shifts"]))
    ceiling = max(1, row["headcount"] * row["max_absent_pct"] // 100)
    shifts = Shifts(row["shifts_from"].toordinal(), pattern)
    return Crew(crew_id, row["site"], shifts, ceiling, loads(row["reaches"]), row["headcount"], row["name"])


async def live_appointments(
    tx: Transaction, session_ids: Iterable[UUID], crew_ids: Iterable[UUID], check_ids: Iterable[UUID], today: date
) -> list[Record]:
    """Booked and kept appointments in these sessions, of these checks, or of these lines from yesterday on."""
    return await tx.fetch(
        """
        SELECT a.*, c.timing, c.bnn, c.cycle_minutes, w.crew_id
        FROM appointments AS a JOIN health_checks AS c USING (health_check_id)
        JOIN workers AS w ON w.worker_id = a.worker_id
        WHERE a.state IN ('booked', 'kept') AND a.appointment_id IN (
            SELECT appointment_id FROM appointments WHERE session_id = ANY($1) AND state IN ('booked', 'kept')
            UNION SELECT appointment_id FROM appointments
                WHERE health_check_id = ANY($2) AND state IN ('booked', 'kept')
            UNION SELECT appointment_id FROM appointments JOIN workers USING (worker_id)
                WHERE crew_id = ANY($3) AND state IN ('booked', 'kept') AND day >= $4::date - 1)
        """,
        list(session_ids),
        list(check_ids),
        list(crew_ids),
        today,
    )


async def get_appointments(tx: Transaction, appointment_ids: Iterable[UUID]) -> dict[UUID, Appointment]:
    """Appointments by id, in any state."""
    rows = await tx.fetch("SELECT * FROM appointments WHERE appointment_id = ANY($1)", list(appointment_ids))
    return {row["appointment_id"]: appointment_of(row) for row in rows}


async def booked_checks(
    tx: Transaction, session_ids: Collection[UUID] = (), pairs: Sequence[tuple[UUID, date, date]] = ()
) -> list[Record]:
    """Checks booked in these sessions, or of (worker, first day, last day), with where they are; unlocked."""
    return await tx.fetch(
        """
        SELECT health_check_id, session_id, worker_id, appointment_id FROM appointments
        WHERE state = 'booked' AND (session_id = ANY($1) OR EXISTS (
            SELECT FROM unnest($2::uuid[], $3::date[], $4::date[]) AS away (worker_id, first_day, last_day)
            WHERE away.worker_id = appointments.worker_id AND day BETWEEN away.first_day AND away.last_day))
        """,
        list(session_ids),
        [worker for worker, _, _ in pairs],
        [first for _, first, _ in pairs],
        [last for _, _, last in pairs],
    )


async def sessions_of_checks(tx: Transaction, check_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The sessions in which checks are booked now, unlocked."""
    rows = await tx.fetch(
        "SELECT health_check_id, session_id FROM appointments WHERE health_check_id = ANY($1) AND state = 'booked'",
        list(check_ids),
    )
    return {row["health_check_id"]: row["session_id"] for row in rows}


async def add_appointments(tx: Transaction, appointments: Sequence[Appointment]) -> None:
    """Add new appointments."""
    columns = ("appointment_id", "health_check_id", "worker_id", "unit_id", "campaign_id", "session_id", "clinic_id",
               "site", "day", "window_index", "start_minute", "package", "stations", "state", "plan_id")  # fmt: skip
    if appointments:
        await tx.copy_records_to_table(
            "appointments",
            records=[
                (a.appointment_id, a.health_check_id, a.worker_id, a.unit_id, a.campaign_id, a.session_id, a.clinic_id,
                 a.site, a.day, a.window, a.start, a.package, list(a.stations), a.state, a.plan_id)
                for a in appointments
            ],
            columns=columns,
        )  # fmt: skip


async def change_appointments(tx: Transaction, appointments: Sequence[Appointment]) -> None:
    """Write places and states of known appointments."""
    if appointments:
        await tx.execute(
            """
            UPDATE appointments AS a SET session_id = n.session_id, clinic_id = n.clinic_id, site = n.site,
                day = n.day, window_index = n.window_index, start_minute = n.start_minute, state = n.state
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::date[], $6::smallint[], $7::smallint[],
                $8::text[]) AS n (appointment_id, session_id, clinic_id, site, day, window_index, start_minute, state)
            WHERE a.appointment_id = n.appointment_id
            """,
            [a.appointment_id for a in appointments],
            [a.session_id for a in appointments],
            [a.clinic_id for a in appointments],
            [a.site for a in appointments],
            [a.day for a in appointments],
            [a.window for a in appointments],
            [a.start for a in appointments],
            [a.state for a in appointments],
        )


async def follow_windows(tx: Transaction, session_ids: Sequence[UUID]) -> set[UUID]:
    """Point booked appointments to the window that begins when theirs did, -1 where none does; those that changed."""
    rows = await tx.fetch(
        """
        UPDATE appointments AS a SET window_index = found.place
        FROM (
            SELECT appointment_id, coalesce(w.place - 1, -1) AS place
            FROM appointments JOIN sessions AS s USING (session_id)
            LEFT JOIN LATERAL jsonb_array_elements(s.windows::jsonb) WITH ORDINALITY AS w (item, place)
                ON (w.item ->> 0)::int = start_minute
            WHERE session_id = ANY($1) AND state = 'booked'
        ) AS found
        WHERE a.appointment_id = found.appointment_id AND a.window_index <> found.place
        RETURNING a.appointment_id
        """,
        session_ids,
    )
    # Whoever waits for a window of the session that was, waits for any of it now.
    await tx.execute("UPDATE wait_list SET window_index = NULL WHERE session_id = ANY($1)", session_ids)
    return {row["appointment_id"] for row in rows}


async def set_check_states(tx: Transaction, states: dict[UUID, str], displaced: Collection[UUID] = frozenset()) -> None:
    """Write states of checks; whoever is open anew has no reason for being left out yet, but may be displaced."""
    if states:
        await tx.execute(
            """
            UPDATE health_checks SET state = n.state, deferred_for = NULL,
                displaced = n.state = 'open' AND health_checks.health_check_id = ANY($3)
            FROM unnest($1::uuid[], $2::text[]) AS n (health_check_id, state)
            WHERE health_checks.health_check_id = n.health_check_id
            """,
            list(states),
            list(states.values()),
            list(displaced),
        )


async def overdue_checks(tx: Transaction, until: date) -> list[UUID]:
    """Checks that nobody has concluded, booked up to a day; unlocked."""
    rows = await tx.fetch(
        """
        SELECT health_check_id FROM appointments JOIN health_checks AS c USING (health_check_id)
        WHERE appointments.state = 'booked' AND day <= $1 AND c.state = 'booked'
        """,
        until,
    )
    return [row["health_check_id"] for row in rows]


async def unreported(tx: Transaction, check_ids: Iterable[UUID], until: date) -> list[Appointment]:
    """Booked appointments up to a day, of those of these checks that nobody has concluded; the caller holds them."""
    rows = await tx.fetch(
        """
        SELECT appointments.* FROM appointments JOIN health_checks AS c USING (health_check_id)
        WHERE health_check_id = ANY($1) AND appointments.state = 'booked' AND day <= $2 AND c.state = 'booked'
        """,
        list(check_ids),
        until,
    )
    return [appointment_of(row) for row in rows]


def appointment_of(row: Record) -> Appointment:
    """An appointment's row."""
    return Appointment(
        row["appointment_id"], row["health_check_id"], row["worker_id"], row["unit_id"], row["campaign_id"],
        row["session_id"], row["clinic_id"], row["site"], row["day"], row["window_index"], row["start_minute"],
        row["package"], row["stations"], row["state"], row["plan_id"],
    )  # fmt: skip


async def put_absences(tx: Transaction, absences: Sequence[AbsenceReported]) -> None:
    """Note days on which workers are away."""
    await tx.executemany(
        "INSERT INTO absences (request_id, worker_id, first_day, last_day) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        [(a.request_id, a.worker_id, a.first_day, a.last_day) for a in absences],
    )


async def wait_list_of(
    tx: Transaction, session_ids: Iterable[UUID], check_ids: Iterable[UUID] | None = None
) -> list[Waiting]:
    """Who waits for these sessions (of these checks, where given), in turn; stable while the sessions are locked."""
    rows = await tx.fetch(
        """
        SELECT * FROM wait_list
        WHERE session_id = ANY($1) AND ($2::uuid[] IS NULL OR health_check_id = ANY($2)) ORDER BY place
        """,
        list(session_ids),
        None if check_ids is None else list(check_ids),
    )
    return [waiting_of(row) for row in rows]


async def change_wait_list(tx: Transaction, joined: Sequence[Waiting], left: Sequence[int]) -> None:
    """Write turns that were joined (in order) and places that were left."""
    if left:
        await tx.execute("DELETE FROM wait_list WHERE place = ANY($1)", left)
    if joined:
        await tx.execute(
            """
            INSERT INTO wait_list (request_id, health_check_id, session_id, window_index, ref)
            SELECT request_id, health_check_id, session_id, window_index, ref
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[]) WITH ORDINALITY
                AS turn (request_id, health_check_id, session_id, window_index, ref, nth) ORDER BY nth
            """,
            [w.request_id for w in joined],
            [w.health_check_id for w in joined],
            [w.session_id for w in joined],
            [w.window for w in joined],
            [w.ref for w in joined],
        )


async def sessions_waited_for(tx: Transaction) -> list[UUID]:
    """The sessions with a wait-list, in the order of their ids."""
    rows = await tx.fetch("SELECT DISTINCT session_id FROM wait_list ORDER BY session_id")
    return [row["session_id"] for row in rows]


def waiting_of(row: Record) -> Waiting:
    """A wait-list row."""
    return Waiting(
        row["request_id"], row["health_check_id"], row["session_id"], row["window_index"], row["ref"], row["place"]
    )
