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
    speaker = unit_of(party)
    paths = await authority.paths(tx, unit_ids, await authority.today(tx, now))
    kinds = await organisations.get_kinds(tx, [speaker]) if speaker is not None else {}
    is_grassroots = speaker is None or kinds.get(speaker) in (None, *GRASSROOTS)
    return Registrar(party, paths, is_grassroots)
