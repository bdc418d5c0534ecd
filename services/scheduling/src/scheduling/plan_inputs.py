"""Everything that a plan of a campaign is made from, as one moment saw it."""

from datetime import date, timedelta
from uuid import UUID

from scheduling import plan_store, terms
from scheduling.appointment_store import People
from scheduling.model import Seat
from scheduling.plan_folder import Inputs
from scheduling.session_store import session_of


async def read(connection: plan_store.Reader, campaign_id: UUID, asked_on: date) -> Inputs:
    """Read the inputs in one snapshot: the same rows give the same plan, whatever happens meanwhile."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        today = max(asked_on, await connection.fetchval("SELECT today FROM calendar") or asked_on)
        limits = terms.in_force(today)
        seats = {
            row["health_check_id"]: Seat(row["session_id"], row["window_index"])
            for row in await connection.fetch(plan_store.APPOINTMENTS_FROM, campaign_id, today)
        }
        # Nothing new is planned into the frozen days; they matter only to those who are in them already.
        first_day = today if seats else today + timedelta(days=limits.freeze_days)
        sessions = [session_of(row) for row in await connection.fetch(plan_store.SESSIONS_FROM, campaign_id, first_day)]
        people = People()
        rows = await connection.fetch(plan_store.PEOPLE_TO_PLAN, campaign_id, list(seats))
        return Inputs(campaign_id, today, limits, sessions, [people.person(row) for row in rows], seats)
