"""Whoever builds on a roster of yesterday is told what others changed since, instead of undoing it unseen."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from asyncpg import Record
from pydantic_core import from_json

from contracts.fields import FieldConflict, RosterConflict, RosterVersion
from registry import field_changes
from shared.database import Transaction

OUTDATED = "roster.outdated"

# The roster that somebody built on, and the last one that took effect on some of the same people. Rosters of two lines,
# employers or hosts have nobody in common; one that names none is of all of them.
GET_BOTH = """
SELECT asked.roster_id AS of_roster, known.roster_id, known.reference_date, known.complete, known.assessed_at,
       known.effects, known.place, known.roster_id = asked.based_on AS theirs,
       known.roster_id = latest.roster_id AS ours, NOT known.dry_run AND known.effects <> '{}' AS took_effect,
       known.assessed_at > now() - $2::interval AS is_remembered
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


async def grounds(tx: Transaction, claimed: Sequence[Record]) -> tuple[dict[UUID, int], dict[UUID, RosterConflict]]:
    """The places of the rosters that these are built on, and the conflict of those whose ground never took effect.

    A ground from before what is remembered is none either.
    """
    asking = [row["roster_id"] for row in claimed if row["based_on"]]
    places: dict[UUID, int] = {}
    conflicts = {}
    for roster_id, both in (await _both(tx, asking)).items():
        ground = next((known["place"] for known in both if known["theirs"] and _is_ground(known)), None)
        if ground is None:
            conflicts[roster_id] = _side_by_side(both, ())
        else:
            places[roster_id] = ground
    return places, conflicts


async def of(tx: Transaction, rows: Mapping[UUID, Sequence[FieldConflict]]) -> dict[UUID, RosterConflict]:
    """Both rosters, and what both changed of whom."""
    found = await _both(tx, [roster_id for roster_id, conflicts in rows.items() if conflicts])
    return {roster_id: _side_by_side(both, rows[roster_id]) for roster_id, both in found.items()}


async def _both(tx: Transaction, roster_ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = {roster_id: [] for roster_id in roster_ids}
    for row in await tx.fetch(GET_BOTH, list(roster_ids), field_changes.KEPT_FOR) if roster_ids else ():
        found[row["of_roster"]].append(row)
    return found


def _is_ground(known: Record) -> bool:
    """Whether what happened since a roster can be told."""
    return bool(known["took_effect"] and known["is_remembered"])


def _side_by_side(both: Sequence[Record], rows: Sequence[FieldConflict]) -> RosterConflict:
    theirs = next((_version(known) for known in both if known["theirs"]), None)
    ours = next((_version(known) for known in both if known["ours"]), None)
    return RosterConflict(theirs=theirs, ours=ours, rows=list(rows))


def _version(row: Record) -> RosterVersion:
    effects = {name: number for name, number in from_json(row["effects"]).items() if ":" not in name}
    return RosterVersion(
        roster_id=row["roster_id"],
        reference_date=row["reference_date"],
        complete=row["complete"],
        assessed_at=row["assessed_at"],
        effects=effects,
    )
