"""Who may say whether two workers are one person: a union above both units, and above the grassroots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from registry import authority, organisations
from registry.authority import Paths
from registry.organisation_rules import GRASSROOTS
from registry.parties import is_above_all, unit_of
from shared.database import Transaction

GET_BELOW = "SELECT below_on($1, $2)"


@dataclass(frozen=True, slots=True)
class Reach:
    """The units about whose people a party may decide, as far as both sides are among them."""

    everywhere: bool
    units: list[UUID]


@dataclass(frozen=True, slots=True)
class Registrar:
    """A party as far as it may decide; the grassroots' own lists are what is in question, so they may not."""

    party: str | None
    paths: Paths
    is_grassroots: bool

    def may_decide(self, *unit_ids: UUID) -> bool:
        """Whether the party is above all these units."""
        if is_above_all(self.party):
            return True
        return not self.is_grassroots and all(self.paths.allow(self.party, unit_id) for unit_id in unit_ids)


async def of_party(tx: Transaction, party: str | None, unit_ids: Sequence[UUID], now: datetime) -> Registrar:
    """A party with its place in the tree of today, as far as these units go."""
    paths = await authority.paths(tx, unit_ids, await authority.today(tx, now))
    return Registrar(party, paths, await _is_grassroots(tx, unit_of(party)))


async def reach_of(tx: Transaction, party: str | None, now: datetime) -> Reach:
    """Where a party may decide, in the tree of today."""
    speaker = unit_of(party)
    if is_above_all(party):
        return Reach(everywhere=True, units=[])
    if await _is_grassroots(tx, speaker):
        return Reach(everywhere=False, units=[])
    rows = await tx.fetch(GET_BELOW, speaker, await authority.today(tx, now))
    return Reach(everywhere=False, units=[row["below_on"] for row in rows])


async def _is_grassroots(tx: Transaction, speaker: UUID | None) -> bool:
    """Whether it is one of those at the bottom, or nobody who is known."""
    kinds = await organisations.get_kinds(tx, [speaker]) if speaker is not None else {}
    return speaker is None or kinds.get(speaker) in (None, *GRASSROOTS)
