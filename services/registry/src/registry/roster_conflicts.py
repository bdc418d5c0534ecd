"""Whoever builds on a roster of yesterday is told what took effect since, instead of undoing it unseen."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record
from pydantic_core import from_json

from contracts.fields import RosterConflict, RosterVersion
from shared.database import Transaction

OUTDATED = "roster.outdated"

# The last roster that took effect on some of the same people, and the one that somebody built on, if it did. Rosters of
# two lines, employers or hosts have nobody in common; one that names none is of all of them.
GET_BOTH = """
SELECT asked.roster_id AS of_roster, known.roster_id, known.reference_date, known.complete, known.assessed_at,
       known.effects, known.roster_id = asked.based_on AS theirs, known.roster_id = latest.roster_id AS ours
FROM rosters AS asked
LEFT JOIN LATERAL (
    SELECT roster_id FROM rosters AS other
    WHERE unit_id = asked.unit_id AND state = 'assessed' AND NOT dry_run AND effects <> '{}'
      AND coalesce(other.employer_id = asked.employer_id, true) AND coalesce(other.line_id = asked.line_id, true)
      AND coalesce(other.host_id = asked.host_id, true)
    ORDER BY assessed_at DESC LIMIT 1) AS latest ON true
JOIN rosters AS known ON known.roster_id IN (asked.based_on, latest.roster_id)
    AND known.unit_id = asked.unit_id AND known.state = 'assessed'
WHERE asked.roster_id = ANY($1::uuid[])
"""


async def of(tx: Transaction, claimed: Sequence[Record]) -> dict[UUID, RosterConflict]:
    """The conflicts of rosters that are about to take effect: those whose ground is not the last one there is."""
    asking = [row for row in claimed if row["based_on"] and not row["step"]]
    if not asking:
        return {}
    rows = await tx.fetch(GET_BOTH, [row["roster_id"] for row in asking])
    conflicts = {}
    for row in asking:
        both = [known for known in rows if known["of_roster"] == row["roster_id"]]
        if not any(known["theirs"] and known["ours"] for known in both):
            theirs = next((_version(known) for known in both if known["theirs"]), None)
            ours = next((_version(known) for known in both if known["ours"]), None)
            conflicts[row["roster_id"]] = RosterConflict(theirs=theirs, ours=ours)
    return conflicts


def _version(row: Record) -> RosterVersion:
    effects = {name: number for name, number in from_json(row["effects"]).items() if ":" not in name}
    return RosterVersion(
        roster_id=row["roster_id"],
        reference_date=row["reference_date"],
        complete=row["complete"],
        assessed_at=row["assessed_at"],
        effects=effects,
    )
