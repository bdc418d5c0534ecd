"""What the rows of rosters do to the register, row by row, before anything is written; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from contracts.fields import FieldConflict
from registry import employments, fields
from registry.employments import Met
from registry.fields import Since
from registry.matching import Directory, Doubt, Known
from registry.roster_rows import Entry, Number, Roster, number_key
from registry.worker_facts import Facts, written

Effect = Literal["registered", "changed", "moved", "unchanged", "review", "refused"]


@dataclass(slots=True)
class Decision:
    """What one row does: to whom, with what effect, and what they worked at before (nothing of somebody new).

    `columns` are what its file speaks of, without fields that it left alone; `conflicts` are those that others changed
    otherwise since: such a row has no effect.
    """

    roster: Roster
    entry: Entry
    known: Known
    before: tuple[Facts, ...]
    met: Met
    effect: Effect
    doubts: list[Doubt]
    identity_differs: bool
    returned: bool
    columns: frozenset[str]
    conflicts: Sequence[FieldConflict] = ()

    @property
    def is_new(self) -> bool:
        """Whether the row made its worker known."""
        return not self.before

    @property
    def now(self) -> tuple[Facts, ...]:
        """What the worker works at after it, first what they count by."""
        return self.met.now

    @property
    def is_aside(self) -> bool:
        """Whether it speaks of work by which the worker does not count: it says nothing of who they are."""
        return self.met.stated is not self.met.now[0]

    @property
    def is_kept(self) -> bool:
        """Whether it changes what is known: somebody new, other facts, or a return."""
        return self.returned or self.before != self.now or (self.is_aside and self.identity_differs)

    @property
    def is_told(self) -> bool:
        """Whether others hear of it; a job is told to nobody."""
        return self.returned or not _are_same(self.before, self.now)

    @property
    def moved_from(self) -> UUID | None:
        """The unit by which the worker counted until now, where it is another one."""
        if self.before and self.before[0].unit_id != self.now[0].unit_id:
            return self.before[0].unit_id
        return None

    @property
    def learns(self) -> bool:
        """Whether it says for the first time at what, or when, somebody works whose place was known."""
        known, facts = self.met.before, self.met.stated
        if known is None or known is facts:
            return False
        return known != facts and _with_learnt(known, facts) != known

    @property
    def place_changed(self) -> bool:
        """Whether an employment begins with it; to learn of a job or its hours is no move."""
        known, facts = self.met.before, self.met.stated
        if self.returned or known is None:
            return True
        return known is not facts and place_of(_with_learnt(known, facts)) != place_of(facts)


@dataclass(slots=True)
class Page:
    """Some rows of one roster; `taken` are the workers whom rows of it have meant so far.

    `since` is what happened since the roster it is built on, where it is built on one.
    """

    roster: Roster
    entries: list[Entry]
    columns: frozenset[str]
    taken: set[UUID]
    since: Since | None = None


@dataclass(slots=True)
class Ledger:
    """Rows entered one after the other, each seeing what those before it did."""

    directory: Directory
    new_id: Callable[[], UUID]
    decisions: list[Decision] = field(default_factory=list)
    identities: dict[UUID, tuple[dict[str, Any], dict[str, str]]] = field(default_factory=dict)
    numbers_added: list[tuple[Decision, Number, bool]] = field(default_factory=list)
    numbers_ended: list[tuple[UUID, bytes, date]] = field(default_factory=list)
    changes: list[tuple[Decision, dict[str, tuple[bytes, bytes]]]] = field(default_factory=list)

    def enter(self, page: Page, entry: Entry) -> None:
        """Decide a row of a page."""
        found = self.directory.find(entry, page.taken)
        decision = (
            self._registered(page, entry, found.doubts)
            if found.known is None
            else self._met_since(page, entry, found.known)
        )
        page.taken.add(decision.known.worker_id)
        self.decisions.append(decision)

    def _registered(self, page: Page, entry: Entry, doubts: list[Doubt]) -> Decision:
        worker_id, index = self.new_id(), self.directory.index
        owner = str(worker_id)
        known = Known(
            worker_id=worker_id,
            employments=(entry.facts,),
            left_on=None,
            digest=entry.digest,
            name=index.of("name", owner, entry.name_key),
            birth=index.of("birth", owner, entry.birth) if entry.full_birth else None,
            entry=entry,
        )
        known.state(entry.facts, page.roster.reference_date)
        self.directory.add(known, [number.index for number in entry.numbers], (entry.namesake,))
        effect: Effect = "review" if doubts else "registered"
        met = Met(known.employments, entry.facts, None)
        decision = Decision(
            page.roster, entry, known, (), met, effect, doubts,
            identity_differs=False, returned=False, columns=page.columns,
        )  # fmt: skip
        self._note_numbers(decision)
        return decision

    def _met_since(self, page: Page, entry: Entry, known: Known) -> Decision:
        """A row about somebody known, against what others changed since the roster that it is built on."""
        since, columns = page.since, page.columns
        if since is None:
            return self._met(page, entry, known, columns)
        ours = employments.spoken_of(known.employments, entry.facts)
        if since.left(known.worker_id) and (ours is None or known.left_on is not None):
            return _without_effect(page, entry, known, "unchanged")
        if ours is None:
            return self._met(page, entry, known, columns)
        aside = ours is not known.facts
        verdict = fields.judge(since, self.directory.index, entry, known.worker_id, ours, columns, aside=aside)
        if verdict.conflicts:
            return _without_effect(page, entry, known, "refused", verdict.conflicts)
        if verdict.alone:
            entry, columns = fields.without(entry, verdict.alone, ours), columns - verdict.alone
        return self._met(page, entry, known, columns)

    def _met(self, page: Page, entry: Entry, known: Known, columns: frozenset[str]) -> Decision:
        before, returned, day = known.employments, known.left_on is not None, page.roster.reference_date
        met = employments.meet(before, known.spans, entry.facts, day, columns, had_left=returned)
        differs = known.follow(met, entry.digest)
        known.state(met.stated, day)
        effect: Effect = "unchanged"
        if before[0].unit_id != met.now[0].unit_id:
            effect = "moved"
        elif not _are_same(before, met.now) or returned:
            effect = "changed"
        decision = Decision(page.roster, entry, known, before, met, effect, [], differs, returned, columns)
        self._note_numbers(decision)
        return decision

    def _note_numbers(self, decision: Decision) -> None:
        known, day = decision.known, decision.roster.reference_date
        for number in decision.entry.numbers:
            key = number_key(number.type, decision.roster.unit_id)
            held = known.numbers.get(key)
            if held is not None and held[0] == number.index:
                continue
            verified = number.verified and self.directory.holder(number.index) is None
            for over in known.numbers_over(key) if known.numbers else ():
                self.numbers_ended.append((known.worker_id, known.numbers.pop(over)[0], day))
            known.numbers[key] = (number.index, verified)
            self.numbers_added.append((decision, number, verified))


def _without_effect(
    page: Page, entry: Entry, known: Known, effect: Effect, conflicts: Sequence[FieldConflict] = ()
) -> Decision:
    """A row that leaves somebody as they are."""
    met = Met(known.employments, entry.facts, None, until=page.roster.reference_date)
    return Decision(
        page.roster, entry, known, known.employments, met, effect, [],
        identity_differs=False, returned=False, columns=page.columns, conflicts=conflicts,
    )  # fmt: skip


def _are_same(before: tuple[Facts, ...], now: tuple[Facts, ...]) -> bool:
    if before == now or len(before) != len(now):
        return before == now
    return all(_with_job(known, facts) == facts for known, facts in zip(before, now, strict=True))


def _with_job(before: Facts, now: Facts) -> Facts:
    """What was known, with the job where there was none: files without that column have been registered as well."""
    return replace(before, job=now.job) if before.job is None else before


def _with_learnt(before: Facts, now: Facts) -> Facts:
    """What was known, with the job and the hours where there were none."""
    return replace(before, job=before.job or now.job, shift=before.shift or now.shift)


def place_of(facts: Facts) -> tuple[UUID, UUID | None, UUID | None, UUID | None, str | None, str | None]:
    """Where, at what and when somebody works: unit, employer, line, host of leased workers, job, hours."""
    return facts.unit_id, facts.employer_id, facts.line_id, facts.host_id, facts.job, written(facts.shift)
