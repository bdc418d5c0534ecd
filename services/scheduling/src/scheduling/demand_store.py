"""SQL of who may be examined and what is due: campaigns, units, lines, workers, closings, due checks."""

from collections.abc import Iterable, Sequence
from datetime import date
from json import dumps
from typing import Any
from uuid import UUID, uuid5

from asyncpg import Record

from contracts.coordination import CampaignOpened
from contracts.organisations import Line, Organisation
from contracts.registry import RosterClosed, WorkerFacts
from contracts.scheduling import HealthCheckBecameDue
from scheduling.model import Need
from scheduling.shifts import usual_hours, written
from shared.database import Transaction


async def today(tx: Transaction) -> date:
    """The business day; before the first one has begun, a day before all others."""
    return await tx.fetchval("SELECT today FROM calendar") or date.min


async def advance_today(tx: Transaction, day: date) -> bool:
    """Let the business day be at least this one; False if it was already. Days follow each other under this lock."""
    advanced = await tx.fetchval(
        """
        INSERT INTO calendar (today) VALUES ($1)
        ON CONFLICT (only_row) DO UPDATE SET today = excluded.today WHERE calendar.today < excluded.today
        RETURNING true
        """,
        day,
    )
    return bool(advanced)


async def put_campaigns(tx: Transaction, campaigns: Sequence[CampaignOpened]) -> None:
    """Know these campaigns."""
    await tx.executemany(
        """
        INSERT INTO campaigns (campaign_id, period_from, period_to, unit_ids) VALUES ($1, $2, $3, $4)
        ON CONFLICT (campaign_id) DO NOTHING
        """,
        [(c.campaign_id, c.period_from, c.period_to, c.unit_ids) for c in campaigns],
    )


async def freeze_campaign(tx: Transaction, campaign_id: UUID, day: date) -> bool:
    """Note that the scope is fixed; False for a campaign that is not known yet."""
    tag = await tx.execute(
        "UPDATE campaigns SET frozen_on = coalesce(frozen_on, $2) WHERE campaign_id = $1", campaign_id, day
    )
    return tag != "UPDATE 0"


async def end_campaign(tx: Transaction, campaign_id: UUID, day: date) -> bool:
    """Note that nothing more is planned or booked; False for a campaign that is not known yet."""
    tag = await tx.execute(
        "UPDATE campaigns SET closing_on = coalesce(closing_on, $2) WHERE campaign_id = $1", campaign_id, day
    )
    return tag != "UPDATE 0"


async def get_campaigns(tx: Transaction, campaign_ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Campaigns by id, those that are known."""
    rows = await tx.fetch("SELECT * FROM campaigns WHERE campaign_id = ANY($1)", list(campaign_ids))
    return {row["campaign_id"]: row for row in rows}


async def put_units(tx: Transaction, organisations: Sequence[Organisation]) -> None:
    """Know where these units are."""
    ordered = sorted(organisations, key=lambda o: o.organisation_id)
    await tx.execute(
        """
        INSERT INTO units (unit_id, commune_code) SELECT * FROM unnest($1::uuid[], $2::text[])
        ON CONFLICT (unit_id) DO UPDATE SET commune_code = excluded.commune_code
        """,
        [o.organisation_id for o in ordered],
        [o.commune_code for o in ordered],
    )


async def lock_units(tx: Transaction, unit_ids: Iterable[UUID]) -> None:
    """Hold the rows of units, known or not, until the transaction ends."""
    await tx.execute(
        """
        INSERT INTO units (unit_id) SELECT * FROM unnest($1::uuid[])
        ON CONFLICT (unit_id) DO UPDATE SET members_ever = units.members_ever
        """,
        sorted(set(unit_ids)),
    )


async def put_lines(tx: Transaction, lines: Sequence[Line]) -> None:
    """Know these lines as they are now; the caller holds their units."""
    await tx.executemany(
        """
        INSERT INTO lines (line_id, unit_id, site, shifts_from, shifts, headcount, max_absent_pct, reaches, name, hours)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (line_id) DO UPDATE SET unit_id = excluded.unit_id, site = excluded.site,
            shifts_from = excluded.shifts_from, shifts = excluded.shifts, headcount = excluded.headcount,
            max_absent_pct = excluded.max_absent_pct, reaches = excluded.reaches, name = excluded.name,
            hours = excluded.hours
        """,
        [
            (n.line_id, n.unit_id, n.site, n.shifts_from, dumps(n.shifts), n.headcount, n.max_absent_pct,
             dumps({reach.site: reach.minutes for reach in n.reaches}), n.name, written(usual_hours(n.shifts)))
            for n in sorted(lines, key=lambda n: n.line_id)
        ],
    )  # fmt: skip


async def put_workers(tx: Transaction, facts: Iterable[WorkerFacts]) -> None:
    """Know these workers as they are now; whoever comes back has not left. The caller holds their units."""
    workers = sorted(facts, key=lambda w: w.worker_id)
    await tx.execute(
        """
        INSERT INTO workers (worker_id, unit_id, line_id, shift, facts, last_check)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::date[])
        ON CONFLICT (worker_id) DO UPDATE SET unit_id = excluded.unit_id, line_id = excluded.line_id,
            shift = excluded.shift, facts = excluded.facts, left_on = NULL,
            last_check = greatest(workers.last_check, excluded.last_check)
        """,
        [w.worker_id for w in workers],
        [w.unit_id for w in workers],
        [w.line_id for w in workers],
        [written(w.shift) for w in workers],
        [w.model_dump_json(exclude={"roster_id", "row"}) for w in workers],
        [w.last_health_check for w in workers],
    )
    await tx.execute(
        """
        WITH joined AS (
            INSERT INTO memberships (unit_id, worker_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])
            ON CONFLICT DO NOTHING RETURNING unit_id
        )
        UPDATE units SET members_ever = members_ever + more.people
        FROM (SELECT unit_id, count(*) AS people FROM joined GROUP BY unit_id) AS more
        WHERE units.unit_id = more.unit_id
        """,
        [w.unit_id for w in workers],
        [w.worker_id for w in workers],
    )


async def assign_crews(tx: Transaction, unit_ids: Iterable[UUID], worker_ids: Iterable[UUID] | None = None) -> None:
    """Point workers of these units, all or some, to the line whose calendar counts; the caller holds the units.

    It is their own; of those who have none, the unit's line that works when they do, or the largest one.
    """
    await tx.execute(
        """
        WITH theirs AS (
            SELECT worker_id, workers.unit_id, shift, own.line_id FROM workers LEFT JOIN lines AS own USING (line_id)
            WHERE workers.unit_id = ANY($1) AND ($2::uuid[] IS NULL OR workers.worker_id = ANY($2))
        ), fitting AS (
            SELECT DISTINCT ON (unit_id, shift) unit_id, shift, lines.line_id
            FROM (SELECT DISTINCT unit_id, shift FROM theirs WHERE line_id IS NULL) AS wanted JOIN lines USING (unit_id)
            ORDER BY unit_id, shift, minutes_shared(shift, hours) DESC, headcount DESC, line_id
        ), found AS (
            SELECT worker_id, coalesce(theirs.line_id, fitting.line_id) AS line_id
            FROM theirs LEFT JOIN fitting USING (unit_id, shift)
        ), held AS (
            SELECT worker_id, found.line_id FROM workers JOIN found USING (worker_id)
            WHERE workers.crew_id IS DISTINCT FROM found.line_id ORDER BY worker_id FOR NO KEY UPDATE OF workers
        )
        UPDATE workers SET crew_id = held.line_id FROM held WHERE workers.worker_id = held.worker_id
        """,
        list(set(unit_ids)),
        None if worker_ids is None else list(worker_ids),
    )


async def known_workers(tx: Transaction, worker_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the workers that are known."""
    rows = await tx.fetch("SELECT worker_id FROM workers WHERE worker_id = ANY($1)", list(worker_ids))
    return {row["worker_id"] for row in rows}


async def mark_left(tx: Transaction, leavings: Sequence[tuple[UUID, UUID, date]]) -> list[Record]:
    """Note (worker, unit, day) of leavers who are still of that unit; returns their checks that have not ended."""
    return await tx.fetch(
        """
        WITH leaving AS (
            SELECT worker_id, leaving.left_on
            FROM workers JOIN unnest($1::uuid[], $2::uuid[], $3::date[]) AS leaving (worker_id, unit_id, left_on)
                USING (worker_id, unit_id)
            ORDER BY worker_id FOR NO KEY UPDATE OF workers
        ), gone AS (
            UPDATE workers SET left_on = leaving.left_on FROM leaving WHERE workers.worker_id = leaving.worker_id
            RETURNING workers.worker_id
        )
        SELECT health_check_id, worker_id, campaign_id FROM health_checks JOIN gone USING (worker_id)
        WHERE state IN ('open', 'booked')
        """,
        [worker for worker, _, _ in leavings],
        [unit for _, unit, _ in leavings],
        [day for _, _, day in leavings],
    )


async def put_closings(tx: Transaction, closings: Sequence[RosterClosed]) -> None:
    """Note closed rosters; one that was declared stays so. The caller holds the units."""
    await tx.execute(
        """
        INSERT INTO closings (unit_id, campaign_id, workers, workers_ever)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[])
        ON CONFLICT (unit_id, campaign_id) DO UPDATE
        SET workers = excluded.workers, workers_ever = excluded.workers_ever WHERE NOT closings.declared
        """,
        [c.unit_id for c in closings],
        [c.campaign_id for c in closings],
        [c.workers for c in closings],
        [c.workers_ever for c in closings],
    )


async def declare_complete(tx: Transaction, unit_ids: Iterable[UUID]) -> list[Record]:
    """Mark the closings of these units whose workers have all been seen; returns them with their campaigns."""
    return await tx.fetch(
        """
        UPDATE closings SET declared = true
        FROM units, campaigns
        WHERE closings.unit_id = ANY($1) AND NOT closings.declared
          AND units.unit_id = closings.unit_id AND units.members_ever >= closings.workers_ever
          AND campaigns.campaign_id = closings.campaign_id AND campaigns.closing_on IS NULL
          AND closings.unit_id = ANY(campaigns.unit_ids)
        RETURNING closings.unit_id, closings.campaign_id, closings.workers, period_from, period_to,
            frozen_on IS NOT NULL AS late
        """,
        list(set(unit_ids)),
    )


async def declared_campaigns(tx: Transaction, unit_ids: Iterable[UUID]) -> list[Record]:
    """Running campaigns in which these units have declared their demand: whoever comes now is late."""
    return await tx.fetch(
        """
        SELECT closings.unit_id, campaign_id, period_from, period_to, true AS late
        FROM closings JOIN campaigns USING (campaign_id)
        WHERE unit_id = ANY($1) AND declared AND closing_on IS NULL
        """,
        list(set(unit_ids)),
    )


async def get_unchecked_workers(
    tx: Transaction, campaign_id: UUID, unit_ids: Iterable[UUID], worker_ids: Iterable[UUID] | None = None
) -> list[Record]:
    """Facts of workers of these units who have no check in the campaign and have not left."""
    return await tx.fetch(
        """
        SELECT worker_id, unit_id, facts, greatest(workers.last_check, person.last_check) AS last_check
        FROM workers LEFT JOIN merges USING (worker_id)
        LEFT JOIN last_checks AS person ON person.person_id = coalesce(merges.person_id, worker_id)
        WHERE unit_id = ANY($2) AND left_on IS NULL AND ($3::uuid[] IS NULL OR worker_id = ANY($3))
          AND NOT EXISTS (SELECT FROM health_checks AS c WHERE c.campaign_id = $1 AND c.worker_id = workers.worker_id)
        ORDER BY worker_id
        """,
        campaign_id,
        list(set(unit_ids)),
        None if worker_ids is None else list(worker_ids),
    )


CHECK_COLUMNS = ("health_check_id", "package", "stations", "timing", "bnn", "cycle_minutes", "due_on", "legal_deadline",
                 "priority", "campaign_id", "worker_id", "unit_id", "late_joiner")  # fmt: skip


async def add_checks(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add due checks, rows in the order of CHECK_COLUMNS."""
    if rows:
        await tx.copy_records_to_table("health_checks", records=rows, columns=CHECK_COLUMNS)


async def checks_without_place(tx: Transaction, worker_ids: Iterable[UUID]) -> list[UUID]:
    """Checks of these workers that have no place, in running campaigns; unlocked. Those that ended are among them."""
    rows = await tx.fetch(
        """
        SELECT health_check_id FROM health_checks JOIN campaigns AS k USING (campaign_id)
        WHERE worker_id = ANY($1) AND state IN ('open', 'joined', 'left', 'refused') AND k.closing_on IS NULL
        """,
        list(worker_ids),
    )
    return [row["health_check_id"] for row in rows]


async def get_checks(tx: Transaction, check_ids: Iterable[UUID], states: Sequence[str]) -> list[Record]:
    """Those of these checks in one of the states, with the facts of the worker and the campaigns' terms.

    With each: when the person was last examined, as whichever of their workers. The caller holds the checks.
    """
    return await tx.fetch(
        """
        SELECT c.*, c.late_joiner AS late, k.period_from, k.closing_on, w.facts, w.left_on,
            greatest(w.last_check, person.last_check) AS last_check
        FROM health_checks AS c JOIN campaigns AS k USING (campaign_id) JOIN workers AS w USING (worker_id)
        LEFT JOIN merges USING (worker_id)
        LEFT JOIN last_checks AS person ON person.person_id = coalesce(merges.person_id, worker_id)
        WHERE c.health_check_id = ANY($1) AND c.state = ANY($2) ORDER BY c.health_check_id
        """,
        list(check_ids),
        states,
    )


def row_of(check: HealthCheckBecameDue, need: Need) -> tuple[Any, ...]:
    """What is written of a check that is due, as `change_checks` takes it and CHECK_COLUMNS begin."""
    return (check.health_check_id, need.package, list(need.stations), list(need.timing), need.bnn, need.cycle_minutes,
            check.due_on, check.legal_deadline, check.priority)  # fmt: skip


async def change_checks(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write (check, package, stations, timing, bnn, cycle, due, deadline, priority); one that ended is due again."""
    if not rows:
        return
    await tx.executemany(
        """
        UPDATE health_checks SET package = $2, stations = $3, timing = $4, bnn = $5, cycle_minutes = $6, due_on = $7,
            legal_deadline = $8, priority = $9, deferred_for = NULL,
            state = CASE WHEN state <> 'left' THEN state WHEN joined_to IS NULL THEN 'open' ELSE 'joined' END
        WHERE health_check_id = $1
        """,
        rows,
    )


async def find_checks(tx: Transaction, pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Record]:
    """Checks by (campaign, worker), unlocked; of a joined check the one that counts."""
    rows = await tx.fetch(
        """
        SELECT kept.health_check_id, c.campaign_id, c.worker_id, kept.state FROM health_checks AS c
        JOIN unnest($1::uuid[], $2::uuid[]) AS wanted (campaign_id, worker_id) USING (campaign_id, worker_id)
        JOIN health_checks AS kept ON kept.health_check_id = coalesce(c.joined_to, c.health_check_id)
        """,
        [campaign for campaign, _ in pairs],
        [worker for _, worker in pairs],
    )
    return {(row["campaign_id"], row["worker_id"]): row for row in rows}


def check_id_of(campaign_id: UUID, worker_id: UUID) -> UUID:
    """The id of a worker's check in a campaign, due or not."""
    return uuid5(campaign_id, str(worker_id))


async def note_last_checks(tx: Transaction, conclusions: Sequence[tuple[UUID, date]]) -> None:
    """The days of concluded (worker, day) count for the workers' next cycles."""
    await tx.execute(
        """
        WITH concluded AS (
            SELECT worker_id, max(day) AS day FROM unnest($1::uuid[], $2::date[]) AS c (worker_id, day) GROUP BY 1
        ), held AS (
            SELECT worker_id FROM workers WHERE worker_id = ANY($1) ORDER BY worker_id FOR NO KEY UPDATE
        )
        UPDATE workers SET last_check = greatest(last_check, concluded.day)
        FROM concluded JOIN held USING (worker_id) WHERE workers.worker_id = held.worker_id
        """,
        [worker for worker, _ in conclusions],
        [day for _, day in conclusions],
    )


async def fulfil(tx: Transaction, check_ids: Iterable[UUID]) -> None:
    """Concluded checks are fulfilled; the caller holds them."""
    await tx.execute(
        "UPDATE health_checks SET state = 'fulfilled' WHERE health_check_id = ANY($1) AND state <> 'fulfilled'",
        list(check_ids),
    )
