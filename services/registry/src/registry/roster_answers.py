"""What is answered to a roster: what became of each row, and of the whole."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts import roster_codes
from contracts.base import Event
from contracts.fields import FieldConflict
from contracts.roster_mapping import UnitCount
from contracts.rosters import RosterAssessed, RosterRead, RosterRowsAnswered, RowAnswer
from registry.fields import OUTDATED, SHOWN_AT_MOST
from registry.ledger import Decision, Page
from registry.roster_opening import Opened
from registry.roster_rows import Entry, Roster
from registry.workers import Member
from shared import outbox
from shared.outbox import Outgoing

ROWS_PER_PART = 500
MEMBERS = "members:"
"""Beside the effects, how many members more or fewer each other unit has, until the roster is done."""
ELSEWHERE = "elsewhere:"
"""Beside them, how many of its people count elsewhere."""


@dataclass(slots=True)
class Slice:
    """Some rows of one roster that take effect in one transaction, and what its earlier slices came to."""

    opened: Opened
    first: int
    last: int
    parts: int = 0
    members_before: int = 0
    effects: Counter[str] = field(default_factory=Counter)
    outdated: list[FieldConflict] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def roster(self) -> Roster:
        """Whose the rows are."""
        return self.opened.roster

    @property
    def is_last(self) -> bool:
        """Whether the roster is done with it."""
        return self.last == self.opened.size

    @property
    def page(self) -> Page:
        """The rows, as the ledger takes them."""
        return Page(self.roster, self.entries, self.opened.columns, self.opened.taken)

    def prepare(self) -> None:
        """Make entries of the rows: hashing them takes the time that the slice before needs to be written."""
        if self.opened.accepted is not None:
            self.entries = self.opened.accepted.entries(self.first, self.last)


def answer_rows(part: Slice, decisions: Sequence[Decision]) -> list[Outgoing]:
    """The answers to a slice's rows, 500 to an event; the last slice brings those to the refused rows along.

    The first slice of several is preceded by how many there are.
    """
    for unit_id, change in members_changed(decisions).items():
        if unit_id != part.roster.unit_id:
            part.effects[f"{MEMBERS}{unit_id}"] += change
    part.effects.update(ELSEWHERE for decision in decisions if decision.now[0].unit_id != part.roster.unit_id)
    conflicts = [conflict for decision in decisions for conflict in decision.conflicts]
    part.outdated = [*part.outdated, *conflicts][:SHOWN_AT_MOST]
    answers = [_row_answer(decision) for decision in decisions]
    if part.is_last:
        answers += part.opened.refused
    answers.sort(key=lambda answer: answer.row)
    part.effects.update(answer.effect for answer in answers)
    said = []
    if part.first == 0 and not part.is_last:
        said.append(because_of(part.roster, RosterRead(roster_id=part.roster.roster_id, rows=part.opened.rows)))
    for first in range(0, len(answers), ROWS_PER_PART):
        rows = answers[first : first + ROWS_PER_PART]
        event = RosterRowsAnswered(roster_id=part.roster.roster_id, part=part.parts, rows=rows)
        said.append(because_of(part.roster, event))
        part.parts += 1
    return said


def other_units(part: Slice) -> dict[UUID, int]:
    """The other units where workers of this roster counted before or count now, and how many more have each."""
    names = {name: number for name, number in part.effects.items() if name.startswith(MEMBERS)}
    return {UUID(name.removeprefix(MEMBERS)): number for name, number in names.items()}


def assess(part: Slice, members: Sequence[Member], members_after: int, elsewhere: Mapping[UUID, int]) -> Outgoing:
    """What the whole roster came to; `members` are those of its unit, for who is missing from a complete one."""
    opened, effects, table = part.opened, part.effects, part.opened.table
    return because_of(
        part.roster,
        RosterAssessed(
            roster_id=part.roster.roster_id,
            unit_id=part.roster.unit_id,
            dry_run=part.roster.dry_run,
            file_outcome=opened.file_outcome,
            file_codes=opened.file_codes,
            rows=opened.rows,
            registered=effects["registered"],
            changed=effects["changed"],
            moved=effects["moved"],
            unchanged=effects["unchanged"],
            refused=effects["refused"],
            duplicates=effects["duplicate"],
            review=effects["review"],
            counted_elsewhere=effects[ELSEWHERE],
            leaving=_missing(opened, members),
            members_before=part.members_before,
            members_after=members_after,
            parts=part.parts,
            sheet=opened.sheet,
            header_row=opened.header_row,
            conflict=opened.conflict,
            units=_units(part, members_after, elsewhere),
            columns=table.columns if table else [],
            fingerprint=table.fingerprint if table else None,
            mapping_version=table.version if table else None,
        ),
    )


def _units(part: Slice, members_after: int, elsewhere: Mapping[UUID, int]) -> list[UnitCount]:
    """The unit's own count, and those of other units; `elsewhere` is how many these have now."""
    own = UnitCount(unit_id=part.roster.unit_id, members_before=part.members_before, members_after=members_after)
    others = []
    for unit_id, change in sorted(other_units(part).items()):
        now = elsewhere.get(unit_id, 0)
        before, after = (now, now + change) if part.roster.dry_run else (now - change, now)
        others.append(UnitCount(unit_id=unit_id, members_before=before, members_after=after))
    return [count for count in (own, *others) if count.members_before != count.members_after]


def members_changed(decisions: Iterable[Decision]) -> Counter[UUID]:
    """How many members more, or fewer, each unit has by these decisions."""
    changed: Counter[UUID] = Counter()
    for decision in decisions:
        if decision.is_new or decision.returned or decision.moved_from:
            changed[decision.now[0].unit_id] += 1
        if decision.moved_from and not decision.returned:
            changed[decision.moved_from] -= 1
    return changed


def because_of(roster: Roster, event: Event) -> Outgoing:
    """An event that a roster led to, in the trace of its manifest."""
    return outbox.outgoing(event, cause=" ".join(roster.refs) or None, trace=roster.trace)


def _missing(opened: Opened, members: Sequence[Member]) -> list[UUID]:
    """Whom a complete roster should have named: who works in the unit, or for the employer or on the line it is of."""
    roster = opened.roster
    if not roster.complete or opened.file_outcome == "refused":
        return []
    named = {member.person_id for member in members if member.worker_id in opened.taken}
    missing = [
        member.worker_id
        for member in members
        if member.person_id not in named
        and roster.employer_id in (None, member.employer_id)
        and roster.line_id in (None, member.line_id)
    ]
    return list(dict.fromkeys(missing))


def _row_answer(decision: Decision) -> RowAnswer:
    entry = decision.entry
    is_known = not (decision.roster.dry_run and decision.is_new)
    found = [doubt.reason for doubt in decision.doubts] + [OUTDATED] * bool(decision.conflicts)
    codes = {*entry.codes, *found} if found else entry.codes
    return RowAnswer(
        row=entry.row,
        outcome=roster_codes.outcome(codes) if found else entry.outcome,
        codes=sorted(codes),
        related_rows=entry.related_rows,
        worker_id=decision.known.worker_id if is_known else None,
        effect=decision.effect,
    )
