"""The organisations known, with their histories: what a declaration does to them, and who may make it; pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal
from uuid import UUID

from contracts.fields import Problem
from registry import organisation_rules, places
from registry.organisation_rules import Version
from registry.parties import is_above_all, unit_of
from registry.problems import problem

Verdict = Literal["registered", "changed", "unchanged"] | list[Problem]


class Tree:
    """The histories of some organisations and of all above them, as of a business day."""

    def __init__(self, histories: Mapping[UUID, list[Version]], today: date) -> None:
        self.histories = dict(histories)
        self.today = today

    def knows(self, organisation_id: UUID) -> bool:
        """Whether anybody has declared it."""
        return bool(self.histories.get(organisation_id))

    def take(self, stated: Version) -> None:
        """Let a declaration count for those after it; one of the same day takes the place of the other."""
        kept = [v for v in self.histories.get(stated.organisation_id, []) if v.valid_from != stated.valid_from]
        self.histories[stated.organisation_id] = sorted([*kept, stated], key=lambda version: version.valid_from)

    def judge(self, stated: Version, party: str | None) -> Verdict:
        """What a declaration does, or everything that is wrong with it."""
        history = self.histories.get(stated.organisation_id, [])
        found = organisation_rules.problems_of(
            stated,
            history,
            self.upwards(stated.parent_id, stated.valid_from),
            self.histories.get(stated.parent_id, []) if stated.parent_id else [],
            places.current(),
        )
        if code := self._objection(stated, history, party):
            found = [problem(code), *found]
        if found:
            return found
        known = organisation_rules.in_force(history, stated.valid_from)
        if known is not None and known.says_the_same(stated):
            return "unchanged"
        return "changed" if history else "registered"

    def upwards(self, organisation_id: UUID | None, day: date) -> list[UUID]:
        """An organisation and all above it on a day, or as they will first be."""
        path: list[UUID] = []
        while organisation_id is not None and organisation_id not in path:
            path.append(organisation_id)
            history = self.histories.get(organisation_id)
            if not history:
                break
            organisation_id = (organisation_rules.in_force(history, day) or history[0]).parent_id
        return path

    def _objection(self, stated: Version, history: list[Version], party: str | None) -> str | None:
        """Why the party may not declare this: it must stand below the party, both as it is and as it will be."""
        if is_above_all(party):
            return None
        speaker = unit_of(party)
        if stated.kind in organisation_rules.PARENTS_OF_WORKPLACES:
            return self._objection_to_workplace(history, speaker)
        if not history and stated.organisation_id == speaker:
            return None
        paths = [self.upwards(stated.organisation_id, self.today)] if history else []
        present = organisation_rules.in_force(history, self.today) or next(iter(history), None)
        if present is None or present.parent_id != stated.parent_id:
            paths.append(self.upwards(stated.parent_id, stated.valid_from))
        return None if all(speaker in path for path in paths) else "organisation.outside_subtree"

    def _objection_to_workplace(self, history: list[Version], speaker: UUID | None) -> str | None:
        """Employers and parks stand in no union tree: whoever declared one, or stands above them, may change it."""
        if speaker is None:
            return "organisation.outside_subtree"
        declarer = unit_of(history[0].declared_by) if history else speaker
        if declarer is None or speaker in self.upwards(declarer, self.today):
            return None
        return "organisation.declared_by_another"


def above(versions: Iterable[Version]) -> set[UUID]:
    """Whom one has to know beside these: their parents, and the units that declared them."""
    named = [(version.parent_id, unit_of(version.declared_by)) for version in versions]
    return {id_ for pair in named for id_ in pair if id_ is not None}
