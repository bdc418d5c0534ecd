"""What the rows of rosters do to the register, row by row, before anything is written; pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from registry.matching import Directory, Doubt, Known
from registry.roster_rows import Entry, Number, Roster
from registry.worker_facts import Facts

Effect = Literal["registered", "changed", "moved", "unchanged", "review"]


@dataclass(slots=True)
class Decision:
    """What one row does: to whom, with what effect, and what was known before (None of somebody new)."""

    roster: Roster
    entry: Entry
    known: Known
    before: Facts | None
    facts: Facts
    effect: Effect
    doubts: list[Doubt]
    identity_differs: bool
    returned: bool

    @property
    def is_new(self) -> bool:
        """Whether the row made its worker known."""
        return self.before is None

    @property
    def is_kept(self) -> bool:
        """Whether it changes what is known: somebody new, other facts, or a return."""
        return self.returned or self.before != self.facts

    @property
    def is_told(self) -> bool:
        """Whether others hear of it; a job is told to nobody."""
        return self.returned or self.before is None or not _are_same(self.before, self.facts)

    @property
    def learns_job(self) -> bool:
        """Whether it says for the first time at what somebody works whose place was known."""
        return self.before is not None and self.before.job is None and self.facts.job is not None

    @property
    def place_changed(self) -> bool:
        """Whether an employment begins with it; to learn of a job is no move."""
        known = self.before
        return self.returned or known is None or place_of(_with_job(known, self.facts)) != place_of(self.facts)


@dataclass(slots=True)
class Page:
    """Some rows of one roster; `taken` are the workers whom rows of it have meant so far."""

    roster: Roster
    entries: list[Entry]
    columns: frozenset[str]
    taken: set[UUID]


@dataclass(slots=True)
class Ledger:
    """Rows entered one after the other, each seeing what those before it did."""

    directory: Directory
    new_id: Callable[[], UUID]
    decisions: list[Decision] = field(default_factory=list)
    columns: dict[UUID, frozenset[str]] = field(default_factory=dict)
    identities: dict[UUID, tuple[dict[str, Any], dict[str, str]]] = field(default_factory=dict)
    numbers_added: list[tuple[Decision, Number, bool]] = field(default_factory=list)
    numbers_ended: list[tuple[UUID, bytes, date]] = field(default_factory=list)

    def enter(self, page: Page) -> None:
        """Decide every row of a page."""
        self.columns[page.roster.roster_id] = page.columns
        for entry in page.entries:
            found = self.directory.find(entry, page.taken)
            decision = (
                self._registered(page, entry, found.doubts)
                if found.known is None
                else self._met(page, entry, found.known)
            )
            page.taken.add(decision.known.worker_id)
            self._note_numbers(decision)
            self.decisions.append(decision)

    def _registered(self, page: Page, entry: Entry, doubts: list[Doubt]) -> Decision:
        worker_id, index = self.new_id(), self.directory.index
        known = Known(
            worker_id=worker_id,
            facts=entry.facts,
            left_on=None,
            digest=entry.digest,
            name=index.of("name", worker_id, entry.name_key),
            birth=index.of("birth", worker_id, entry.birth) if entry.full_birth else None,
            entry=entry,
        )
        self.directory.add(known, [number.index for number in entry.numbers], entry.namesake)
        effect: Effect = "review" if doubts else "registered"
        return Decision(
            page.roster, entry, known, None, entry.facts, effect, doubts, identity_differs=False, returned=False
        )

    def _met(self, page: Page, entry: Entry, known: Known) -> Decision:
        before, returned = known.facts, known.left_on is not None
        known.facts, known.left_on = entry.facts.after(before, page.columns), None
        differs, known.digest = known.digest != entry.digest, entry.digest
        effect: Effect = "unchanged"
        if before.unit_id != known.facts.unit_id:
            effect = "moved"
        elif not _are_same(before, known.facts) or returned:
            effect = "changed"
        return Decision(page.roster, entry, known, before, known.facts, effect, [], differs, returned)

    def _note_numbers(self, decision: Decision) -> None:
        known, day = decision.known, decision.roster.reference_date
        for number in decision.entry.numbers:
            held = known.numbers.get(number.type)
            if held is not None and held[0] == number.index:
                continue
            verified = number.verified and self.directory.holder(number.index) is None
            if held is not None:
                self.numbers_ended.append((known.worker_id, held[0], day))
            known.numbers[number.type] = (number.index, verified)
            self.numbers_added.append((decision, number, verified))


def _are_same(before: Facts, now: Facts) -> bool:
    return _with_job(before, now) == now


def _with_job(before: Facts, now: Facts) -> Facts:
    """What was known, with the job where there was none: files without that column have been registered as well."""
    return replace(before, job=now.job) if before.job is None else before


def place_of(facts: Facts) -> tuple[UUID, UUID | None, UUID | None, UUID | None, str | None]:
    """Where somebody works and at what: unit, employer, line, host of leased workers, job."""
    return facts.unit_id, facts.employer_id, facts.line_id, facts.host_id, facts.job
