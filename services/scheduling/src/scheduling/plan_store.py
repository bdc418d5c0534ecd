"""SQL of plan runs: what is asked for, claimed, proposed, published."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy

from scheduling.appointment_store import PEOPLE
from scheduling.plan_folder import Placement
from shared.database import Transaction

# What a plan is made from, read outside any transaction that writes.
APPOINTMENTS_FROM = """
SELECT health_check_id, session_id, window_index FROM appointments
WHERE campaign_id = $1 AND state = 'booked' AND day >= $2 ORDER BY health_check_id
"""
SESSIONS_FROM = """
SELECT * FROM sessions WHERE campaign_id = $1 AND status <> 'withdrawn' AND day >= $2 ORDER BY day, session_id
"""
PEOPLE_TO_PLAN = f"""
{PEOPLE} WHERE c.campaign_id = $1 AND (c.state = 'open' OR c.health_check_id = ANY($2)) ORDER BY c.health_check_id
"""

Reader = Connection | PoolConnectionProxy


@dataclass(frozen=True, slots=True)
class Run:
    """A claimed plan run; `attempt` is the claim's number, `causes` the refs of what led to it."""

    plan_id: UUID
    campaign_id: UUID
    kind: Literal["initial", "make-up", "repair"]
    asked_on: date
    seed: int
    causes: tuple[str, ...]
    attempt: int


async def lock_campaigns_to_plan(tx: Transaction, first_day: date) -> list[Record]:
    """Campaigns with a fixed scope, open checks and coming confirmed sessions, and no plan under way; locked in order.

    With each: the day of the last published plan for all (a repair is for few, and puts off no make-up plan), whether
    anything changed since that a new one could use, whether somebody lost a place, and of newer plans that a party
    declined how many they are, the day on which the last was declined and the moment it was asked for, the same of
    repairs among them, and when a session last got room.
    """
    return await tx.fetch(
        """
        SELECT campaign_id, last.of_all AS last_of_all, declined.*,
            (SELECT max(s.loosened_at) FROM sessions AS s WHERE s.campaign_id = k.campaign_id
                AND s.status = 'confirmed' AND s.day >= $1) AS loosened_at,
            EXISTS (SELECT FROM health_checks AS c
                    WHERE c.campaign_id = k.campaign_id AND c.state = 'open' AND c.displaced) AS has_displaced,
            EXISTS (SELECT FROM health_checks AS c
                    WHERE c.campaign_id = k.campaign_id AND c.state = 'open' AND c.deferred_for IS NULL)
            OR EXISTS (SELECT FROM sessions AS s
                       WHERE s.campaign_id = k.campaign_id AND s.status = 'confirmed' AND s.day >= $1
                         AND s.loosened_on >= last.of_all) AS has_news
        FROM campaigns AS k LEFT JOIN LATERAL (
            SELECT max(asked_on) AS asked_on, max(asked_on) FILTER (WHERE kind <> 'repair') AS of_all
            FROM plan_runs AS r WHERE r.campaign_id = k.campaign_id AND r.state = 'published'
        ) AS last ON true LEFT JOIN LATERAL (
            SELECT count(*) AS declines, max(declined_on) AS declined_on, max(asked_at) AS asked_at,
                max(declined_on) FILTER (WHERE kind = 'repair') AS repair_declined_on,
                max(asked_at) FILTER (WHERE kind = 'repair') AS repair_asked_at
            FROM plan_runs AS r
            WHERE r.campaign_id = k.campaign_id AND r.declined_on >= coalesce(last.asked_on, r.declined_on)
        ) AS declined ON true
        WHERE frozen_on IS NOT NULL AND closing_on IS NULL
          AND EXISTS (SELECT FROM health_checks AS c WHERE c.campaign_id = k.campaign_id AND c.state = 'open')
          AND EXISTS (SELECT FROM sessions AS s WHERE s.campaign_id = k.campaign_id AND s.status = 'confirmed'
                        AND s.day >= $1 AND s.seats > (
                            SELECT count(*) FROM appointments AS a
                            WHERE a.session_id = s.session_id AND a.state IN ('booked', 'kept')))
          AND NOT EXISTS (SELECT FROM plan_runs AS r
                          WHERE r.campaign_id = k.campaign_id AND r.state IN ('queued', 'running', 'proposed'))
        ORDER BY campaign_id FOR NO KEY UPDATE OF k
        """,
        first_day,
    )


async def add_run(
    tx: Transaction, plan_id: UUID, campaign_id: UUID, kind: str, day: date, seed: int, causes: Sequence[str]
) -> bool:
    """Ask for a plan; asking again, or while another plan of the campaign is under way, changes nothing: False."""
    tag = await tx.execute(
        """
        INSERT INTO plan_runs (plan_id, campaign_id, kind, asked_on, seed, causes, asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
        ON CONFLICT DO NOTHING
        """,
        plan_id,
        campaign_id,
        kind,
        day,
        seed,
        list(causes),
    )
    return tag == "INSERT 0 1"


async def cancel_runs(tx: Transaction, campaign_ids: Iterable[UUID]) -> list[Record]:
    """Give up what is under way for these campaigns; returns the plan and campaign of each."""
    return await tx.fetch(
        """
        UPDATE plan_runs SET state = 'cancelled', leased_until = NULL
        WHERE campaign_id = ANY($1) AND state IN ('queued', 'running', 'proposed') RETURNING plan_id, campaign_id
        """,
        list(campaign_ids),
    )


async def decline_runs(tx: Transaction, plans: Iterable[tuple[UUID, UUID]], today: date) -> list[Record]:
    """Give up these plans of these campaigns, those that are under way; returns the plan and campaign of each."""
    plan_ids, campaign_ids = zip(*plans, strict=True)
    return await tx.fetch(
        """
        UPDATE plan_runs SET state = 'cancelled', leased_until = NULL, declined_on = $3
        WHERE (plan_id, campaign_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
          AND state IN ('queued', 'running', 'proposed')
        RETURNING plan_id, campaign_id
        """,
        plan_ids,
        campaign_ids,
        today,
    )


async def expire_runs(tx: Transaction, today: date) -> list[Record]:
    """Give up proposed plans whose time to be approved is over; returns the plan and campaign of each."""
    return await tx.fetch(
        """
        UPDATE plan_runs SET state = 'cancelled'
        WHERE state = 'proposed' AND expires_on <= $1 RETURNING plan_id, campaign_id
        """,
        today,
    )


async def being_computed(tx: Transaction) -> dict[UUID, UUID]:
    """The plans that are asked for and not proposed yet, with the campaign of each."""
    rows = await tx.fetch(
        "SELECT plan_id, campaign_id FROM plan_runs WHERE state IN ('queued', 'running') ORDER BY plan_id"
    )
    return {row["plan_id"]: row["campaign_id"] for row in rows}


async def claim_run(tx: Transaction, lease: timedelta) -> Run | None:
    """The oldest run that waits, or whose runner has gone silent."""
    row = await tx.fetchrow(
        """
        UPDATE plan_runs SET state = 'running', attempt = attempt + 1, leased_until = now() + $1
        WHERE plan_id = (
            SELECT plan_id FROM plan_runs
            WHERE state = 'queued' OR state = 'running' AND leased_until < now()
            ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING *
        """,
        lease,
    )
    if row is None:
        return None
    return Run(
        row["plan_id"], row["campaign_id"], row["kind"], row["asked_on"], row["seed"], tuple(row["causes"]),
        row["attempt"],
    )  # fmt: skip


async def release_run(tx: Transaction, run: Run, state: Literal["queued", "failed"]) -> bool:
    """Give a claim back, for another runner or for good; False if it was cancelled or taken over meanwhile."""
    tag = await tx.execute(
        """
        UPDATE plan_runs SET state = $3, leased_until = NULL
        WHERE plan_id = $1 AND attempt = $2 AND state = 'running'
        """,
        run.plan_id,
        run.attempt,
        state,
    )
    return tag == "UPDATE 1"


async def keep_run(connection: Reader, run: Run, lease: timedelta) -> bool:
    """Hold a claim for longer; False if it was cancelled or taken over meanwhile."""
    return bool(
        await connection.fetchval(
            """
            UPDATE plan_runs SET leased_until = now() + $3 WHERE plan_id = $1 AND attempt = $2 AND state = 'running'
            RETURNING true
            """,
            run.plan_id,
            run.attempt,
            lease,
        )
    )


async def finish_run(tx: Transaction, run: Run, inputs_digest: str, expires_on: date) -> bool:
    """Mark a run proposed; False if it was cancelled or taken over meanwhile."""
    tag = await tx.execute(
        """
        UPDATE plan_runs SET state = 'proposed', leased_until = NULL, inputs_digest = $3, expires_on = $4
        WHERE plan_id = $1 AND attempt = $2 AND state = 'running'
        """,
        run.plan_id,
        run.attempt,
        inputs_digest,
        expires_on,
    )
    return tag == "UPDATE 1"


async def add_placements(tx: Transaction, plan_id: UUID, placements: Sequence[Placement]) -> None:
    """Write what a plan says of each check: (check, session, window, None) or (check, None, None, reason)."""
    await tx.copy_records_to_table(
        "plan_placements",
        records=[(plan_id, *placement) for placement in placements],
        columns=("plan_id", "health_check_id", "session_id", "window_index", "reason"),
    )


async def publish_run(tx: Transaction, plan_id: UUID) -> Record | None:
    """Mark a proposed plan published and return it; None if it is not waiting for approval."""
    return await tx.fetchrow(
        "UPDATE plan_runs SET state = 'published' WHERE plan_id = $1 AND state = 'proposed' RETURNING *", plan_id
    )


async def published_of(tx: Transaction, campaign_ids: Sequence[UUID]) -> set[UUID]:
    """Those campaigns that have a published plan."""
    found = "SELECT DISTINCT campaign_id FROM plan_runs WHERE campaign_id = ANY($1) AND state = 'published'"
    return {row["campaign_id"] for row in await tx.fetch(found, campaign_ids)}


async def get_placements(tx: Transaction, plan_id: UUID) -> list[Record]:
    """What a plan says of each check, the most urgent first."""
    return await tx.fetch(
        """
        SELECT health_check_id, session_id, window_index, reason FROM plan_placements
        JOIN health_checks USING (health_check_id) WHERE plan_id = $1
        ORDER BY priority DESC, due_on, health_check_id
        """,
        plan_id,
    )


async def defer(tx: Transaction, reasons: dict[UUID, str]) -> list[Record]:
    """Note why checks have no place, those that are still open; returns them."""
    return await tx.fetch(
        """
        UPDATE health_checks SET deferred_for = n.reason, displaced = false
        FROM unnest($1::uuid[], $2::text[]) AS n (health_check_id, reason)
        WHERE health_checks.health_check_id = n.health_check_id AND state = 'open'
        RETURNING health_checks.health_check_id, worker_id, unit_id, campaign_id, deferred_for
        """,
        list(reasons),
        list(reasons.values()),
    )


async def places_without_session(tx: Transaction, first_day: date, not_since: date) -> list[Record]:
    """Where people whom a plan left out, or who have no session with a free place to come, work; by campaign and site.

    Campaigns whose first plan is published and that have no plan under way; places not proposed after `not_since`.
    `stations` are those of all these people, one word each. The free sites stand by themselves: they are the same for
    everybody, and to find them takes longer than all the rest.
    """
    return await tx.fetch(
        """
        WITH waiting AS (
            SELECT c.*, coalesce(l.site, u.commune_code) AS site, l.reaches
            FROM health_checks AS c JOIN campaigns AS k USING (campaign_id) JOIN workers AS w USING (worker_id)
            LEFT JOIN lines AS l ON l.line_id = w.crew_id LEFT JOIN units AS u ON u.unit_id = w.unit_id
            WHERE c.state = 'open' AND k.closing_on IS NULL AND k.period_to >= $1
              AND EXISTS (SELECT FROM plan_runs AS r WHERE r.campaign_id = k.campaign_id AND r.state = 'published')
              AND NOT EXISTS (SELECT FROM plan_runs AS r
                              WHERE r.campaign_id = k.campaign_id AND r.state IN ('queued', 'running', 'proposed'))
        ), free AS MATERIALIZED (
            SELECT DISTINCT campaign_id, site FROM sessions AS s
            WHERE campaign_id IN (SELECT campaign_id FROM waiting) AND status = 'confirmed' AND day >= $1 AND seats > (
                SELECT count(*) FROM appointments AS a
                WHERE a.session_id = s.session_id AND a.state IN ('booked', 'kept'))
        )
        SELECT campaign_id, site, array_agg(priority) AS priorities, bool_or(bnn) AS bnn,
            min(legal_deadline) FILTER (WHERE legal_deadline >= $1) AS latest,
            string_agg(array_to_string(stations, ' '), ' ') AS stations
        FROM waiting
        WHERE site IS NOT NULL
          AND (deferred_for <> 'worker_unavailable' OR deferred_for IS NULL AND NOT EXISTS (
                SELECT FROM free WHERE free.campaign_id = waiting.campaign_id
                  AND (free.site = waiting.site OR waiting.reaches ? free.site)))
          AND NOT EXISTS (SELECT FROM make_ups AS m WHERE m.campaign_id = waiting.campaign_id
                            AND m.site = waiting.site AND m.proposed_on > $2)
        GROUP BY campaign_id, site ORDER BY campaign_id, site
        """,
        first_day,
        not_since,
    )


async def note_make_ups(tx: Transaction, places: Sequence[tuple[UUID, str, date]]) -> None:
    """Note where make-up sessions were proposed, by campaign, site and day."""
    await tx.executemany(
        """
        INSERT INTO make_ups (campaign_id, site, proposed_on) VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, site) DO UPDATE SET proposed_on = excluded.proposed_on
        """,
        places,
    )
