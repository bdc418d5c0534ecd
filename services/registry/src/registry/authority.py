"""Who may speak of what: a union party of its own unit and everything below it in the tree of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from registry.parties import is_above_all, unit_of
from shared.database import Transaction

VIETNAM = timedelta(hours=7)

GET_TODAY = "SELECT day FROM business_days WHERE calendar = 'VN'"
SET_TODAY = """
INSERT INTO business_days (calendar, day) SELECT * FROM unnest($1::text[], $2::date[])
ON CONFLICT (calendar) DO UPDATE SET day = greatest(business_days.day, excluded.day)
"""
GET_PATHS = """
WITH RECURSIVE up AS (
    SELECT id AS start, id AS organisation_id, 0 AS height FROM unnest($1::uuid[]) AS id
    UNION ALL
    SELECT up.start, node.parent_id, up.height + 1 FROM up, organisation_on(up.organisation_id, $2) AS node
    WHERE node.parent_id IS NOT NULL AND up.height < 50
)
SELECT start, array_agg(organisation_id ORDER BY height) AS path FROM up GROUP BY start
"""


@dataclass(frozen=True, slots=True)
class Paths:
    """From some organisations up to their roots, as of a day; an organisation is the first of its own path."""

    upwards: dict[UUID, list[UUID]]

    def allow(self, party: str | None, organisation_id: UUID) -> bool:
        """Whether a party may speak of an organisation; a service's own word (no party) and operations' do count."""
        if is_above_all(party):
            return True
        speaker = unit_of(party)
        return speaker is not None and speaker in self.upwards.get(organisation_id, [organisation_id])


async def paths(tx: Transaction, organisation_ids: Sequence[UUID], day: date) -> Paths:
    """The ways up from these organisations in the tree of a day."""
    rows = await tx.fetch(GET_PATHS, list(set(organisation_ids)), day)
    return Paths({row["start"]: row["path"] for row in rows})


async def today(tx: Transaction, now: datetime) -> date:
    """The business day that was started last; before the first one, the day in Vietnam."""
    started: date | None = await tx.fetchval(GET_TODAY)
    return started or (now.astimezone(UTC) + VIETNAM).date()


async def start_days(tx: Transaction, calendars: Sequence[str], days: Sequence[date]) -> None:
    """Business days began; they only go forward."""
    await tx.execute(SET_TODAY, list(calendars), list(days))
