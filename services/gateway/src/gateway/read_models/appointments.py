"""Appointments: who is expected where and when, and how each turned out."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from gateway.parties import Caller
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO appointments
SELECT appointment_id, health_check_id, worker_id, unit_id, campaign_id, session_id, clinic_id, site, day, "window",
       start, package, stations, $2, NULL
FROM json_populate_recordset(NULL::appointments, $1::json)
ON CONFLICT (appointment_id) DO UPDATE
SET session_id = excluded.session_id, clinic_id = excluded.clinic_id, site = excluded.site, day = excluded.day,
    "window" = excluded."window", start = excluded.start, package = excluded.package, stations = excluded.stations,
    state = excluded.state, reason = NULL
"""
END = """
UPDATE appointments SET state = $2, reason = ended.reason
FROM json_populate_recordset(NULL::appointments, $1::json) AS ended
WHERE appointments.appointment_id = ended.appointment_id
"""
COLUMNS = """
SELECT appointment_id, health_check_id, worker_id, unit_id, campaign_id, session_id, clinic_id, site, day, "window",
       start, package, stations, state
"""
OF_UNITS = f"""{COLUMNS} FROM appointments
WHERE unit_id = ANY($1::uuid[]) AND ($2::date IS NULL OR day = $2) AND ($3::uuid IS NULL OR campaign_id = $3)
  AND (day, appointment_id) > ($4, $5) ORDER BY day, appointment_id LIMIT $6
"""
OF_CLINIC = f"""{COLUMNS} FROM appointments
WHERE clinic_id = $1 AND ($2::date IS NULL OR day = $2) AND ($3::uuid IS NULL OR campaign_id = $3)
  AND (day, appointment_id) > ($4, $5) ORDER BY day, appointment_id LIMIT $6
"""
OF_WORKERS = f"{COLUMNS} FROM appointments WHERE worker_id = ANY($1::uuid[]) ORDER BY day, appointment_id"
# Whether somebody refused, left or did not come is not the employer's to know: no visit took place.
OF_EMPLOYER = """
SELECT appointment_id, worker_id, campaign_id, site, day, start,
       CASE WHEN state = 'kept' THEN true WHEN state IN ('missed', 'cancelled') THEN false END AS attended
FROM appointments JOIN workers USING (worker_id)
WHERE (workers.employer_id = $1 OR (other_employers @> ARRAY[$1::uuid] AND other_employers <> '{}'))
  AND ($2::date IS NULL OR day = $2)
  AND (state <> 'cancelled' OR reason IN ('refused', 'left')) AND (day, appointment_id) > ($3, $4)
ORDER BY day, appointment_id LIMIT $5
"""
OF_OTHER_WORKERS = """
SELECT appointment_id FROM appointments
WHERE appointment_id = ANY($1::uuid[]) AND worker_id <> $2 AND person_of(worker_id) <> person_of($2)
"""
OF_OTHERS = "SELECT appointment_id FROM appointments WHERE appointment_id = ANY($1::uuid[]) AND clinic_id <> $2"
# The identity of a worker is shown for the days around the visit, and to the clinic that examines only.
BOOKED = """
SELECT appointment_id, worker_id FROM appointments
WHERE appointment_id = ANY($1::uuid[]) AND clinic_id = $2 AND day BETWEEN $3 AND $4 AND state <> 'cancelled'
"""
CALENDAR = """
SELECT session_id, site, day, "window", start, count(*) AS people FROM appointments
WHERE clinic_id = $1 AND state IN ('made', 'moved', 'kept') AND day >= $2
GROUP BY session_id, site, day, "window", start ORDER BY day, start, session_id LIMIT $3
"""


async def record(tx: Transaction, batch: Batch[Any], state: str) -> None:
    """Remember where appointments stand: made, moved or kept."""
    await tx.execute(RECORD, as_rows(batch.events), state)


async def end(tx: Transaction, batch: Batch[Any], state: str) -> None:
    """Remember that appointments were cancelled or missed."""
    await tx.execute(END, as_rows(batch.events), state)


async def of_units(
    db: Reader,
    unit_ids: list[UUID],
    day: date | None,
    campaign_id: UUID | None,
    *,
    after: tuple[date, UUID],
    limit: int,
) -> list[dict[str, Any]]:
    """A page of the appointments of some units, by day and id."""
    return dicts(await db.fetch(OF_UNITS, unit_ids, day, campaign_id, *after, limit))


async def of_clinic(
    db: Reader, clinic_id: str, day: date | None, campaign_id: UUID | None, *, after: tuple[date, UUID], limit: int
) -> list[dict[str, Any]]:
    """A page of a clinic's appointments, by day and id."""
    return dicts(await db.fetch(OF_CLINIC, clinic_id, day, campaign_id, *after, limit))


async def of_employer(
    db: Reader, employer_id: UUID, day: date | None, *, after: tuple[date, UUID], limit: int
) -> list[dict[str, Any]]:
    """A page of the appointments of an employer's workers, by day and id."""
    return dicts(await db.fetch(OF_EMPLOYER, employer_id, day, *after, limit))


async def of_workers(db: Reader, worker_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """All appointments of these workers."""
    return dicts(await db.fetch(OF_WORKERS, list(worker_ids)))


async def of_others(tx: Transaction, caller: Caller, visit_ids: Sequence[UUID]) -> list[UUID]:
    """Those visits that are known to be another clinic's."""
    return [row["appointment_id"] for row in await tx.fetch(OF_OTHERS, list(visit_ids), caller.party_id)]


async def of_other_workers(tx: Transaction, caller: Caller, visit_ids: Sequence[UUID]) -> list[UUID]:
    """Those visits that are known to be another person's."""
    return [row["appointment_id"] for row in await tx.fetch(OF_OTHER_WORKERS, list(visit_ids), caller.uuid)]


async def booked(
    db: Reader, clinic_id: str, appointment_ids: Sequence[UUID], first: date, last: date
) -> dict[UUID, UUID]:
    """The workers of those of these appointments that the clinic has between two days."""
    rows = await db.fetch(BOOKED, list(appointment_ids), clinic_id, first, last)
    return {row["appointment_id"]: row["worker_id"] for row in rows}


async def calendar(db: Reader, clinic_id: str, since: date, *, limit: int) -> list[dict[str, Any]]:
    """A clinic's arrival windows from a day on: how many are expected in each."""
    return dicts(await db.fetch(CALENDAR, clinic_id, since, limit))
