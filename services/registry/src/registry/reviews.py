"""Two workers who may be one person: found here, for a registrar to decide; nothing is merged on its own."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from registry import candidates, likeness, merges, persons
from registry.ledger import Decision, Ledger
from registry.likeness import Particulars
from registry.matching import NUMBER_OF_ANOTHER, SHARED_NUMBER, Doubt
from registry.roster_rows import NATIONAL
from registry.vault import Vault
from shared.database import Transaction

# Whoever resembles more people than this has a name and birth date that say too little.
ASKED_ABOUT_AT_MOST = 5

ASK_FOR_REVIEW = """
INSERT INTO reviews (worker_id, other_id, reasons, score, roster_id, "row")
SELECT worker_id, other_id, string_to_array(reasons, ' '), score, roster_id, "row"
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::real[], $5::uuid[], $6::int[])
    AS new (worker_id, other_id, reasons, score, roster_id, "row")
WHERE NOT EXISTS (SELECT FROM reviews AS known WHERE known.worker_id = new.other_id AND known.other_id = new.worker_id)
ON CONFLICT DO NOTHING
"""

Asked = dict[tuple[UUID, UUID], tuple[list[str], float | None, Decision]]


async def look_for_other_spellings(
    tx: Transaction,
    vault: Vault,
    ledger: Ledger,
    taken: Mapping[UUID, set[UUID]],
    alike: Mapping[int, Sequence[UUID]],
) -> None:
    """Somebody new may be a worker whom the roster does not name, under another spelling or with a slip in a number.

    `alike` are the workers who were found so far, by the place of a row in the ledger.
    """
    new = {place: d for place, d in enumerate(ledger.decisions) if d.is_new and not d.doubts}
    if not new:
        return
    late = {place: decision.entry for place, decision in new.items() if place not in alike}
    found = {**alike, **await candidates.get_alike(tx, late)}
    pairs = [
        (decision, worker_id)
        for place, decision in new.items()
        for worker_id in found[place]
        if worker_id not in taken[decision.roster.roster_id]
    ]
    known = {worker_id for _, worker_id in pairs}
    opened = await persons.open_identities(tx, vault, known)
    units = await merges.units_and_persons(tx, list(known))
    _compare_with_known(pairs, {id_: likeness.particulars(identity) for id_, identity in opened.items()}, units)
    _compare_among_new(new.values(), taken)
    for decision in new.values():
        if decision.doubts:
            decision.effect = "review"


def _compare_with_known(
    pairs: Iterable[tuple[Decision, UUID]],
    known: Mapping[UUID, Particulars],
    units: Mapping[UUID, tuple[UUID, UUID]],
) -> None:
    """Note whom each decision resembles, one worker of each person, the most alike first."""
    alike: dict[UUID, dict[UUID, tuple[float, UUID, tuple[str, ...]]]] = {}
    decisions = {decision.known.worker_id: decision for decision, _ in pairs}
    for decision, worker_id in pairs:
        if worker_id not in known:
            continue
        unit_id, person_id = units[worker_id]
        one = likeness.particulars(decision.entry.identity)
        found = likeness.compare(one, known[worker_id], same_unit=unit_id == decision.roster.unit_id)
        if found is not None:
            others = alike.setdefault(decision.known.worker_id, {})
            this = found.score, worker_id, found.reasons
            others[person_id] = max(others.get(person_id, this), this)
    for new_id, others in alike.items():
        best = sorted(others.values(), key=lambda other: (-other[0], other[1]))[:ASKED_ABOUT_AT_MOST]
        decisions[new_id].doubts += [
            Doubt(worker_id, reason, score) for score, worker_id, reasons in best for reason in reasons
        ]


def _compare_among_new(new: Iterable[Decision], taken: Mapping[UUID, set[UUID]]) -> None:
    """Rosters that take effect together may name one new person twice, as spelled differently; one alone does not."""
    if len(taken) < 2:
        return
    met: dict[int, list[Decision]] = {}
    for decision in new:
        blocks, seen = decision.entry.blocks, set[UUID]()
        for block in (blocks.spelled, blocks.named, *blocks.words):
            for earlier in met.setdefault(block, []):
                earlier_id = earlier.known.worker_id
                if earlier_id not in seen and earlier_id not in taken[decision.roster.roster_id]:
                    seen.add(earlier_id)
                    _compare_two(decision, earlier)
            met[block].append(decision)


def _compare_two(decision: Decision, earlier: Decision) -> None:
    if not decision.entry.blocks.may_share_number(earlier.entry.blocks):
        return
    one, other = likeness.particulars(decision.entry.identity), likeness.particulars(earlier.entry.identity)
    found = likeness.compare(one, other, same_unit=decision.roster.unit_id == earlier.roster.unit_id)
    if found is not None and len(decision.doubts) < ASKED_ABOUT_AT_MOST:
        decision.doubts += [Doubt(earlier.known.worker_id, reason, found.score) for reason in found.reasons]


async def ask(tx: Transaction, ledger: Ledger) -> None:
    """Put every doubt of a ledger before a registrar, once for each pair."""
    asked: Asked = {}
    for decision in ledger.decisions:
        for doubt in decision.doubts:
            _note(asked, decision, doubt)
    for decision, doubt in _contested_numbers(ledger):
        _note(asked, decision, doubt)
    rows = [
        (*pair, " ".join(reasons), score, decision.roster.roster_id, decision.entry.row)
        for pair, (reasons, score, decision) in asked.items()
    ]
    if rows:
        await tx.execute(ASK_FOR_REVIEW, *map(list, zip(*rows, strict=True)))


def _note(asked: Asked, decision: Decision, doubt: Doubt) -> None:
    one, other = decision.known.worker_id, doubt.worker_id
    pair = (other, one) if (other, one) in asked else (one, other)
    reasons, _, _ = asked.setdefault(pair, ([], doubt.score, decision))
    if doubt.reason not in reasons:
        reasons.append(doubt.reason)


def _contested_numbers(ledger: Ledger) -> Iterable[tuple[Decision, Doubt]]:
    """One number of the state with two people: neither row is refused for it, and somebody has to look."""
    for decision, number, verified in ledger.numbers_added:
        if verified or number.type not in NATIONAL:
            continue
        worker_id = decision.known.worker_id
        reason = SHARED_NUMBER if not number.verified else NUMBER_OF_ANOTHER
        for other in ledger.directory.holders(number.index):
            if other.worker_id != worker_id and other.person_id != decision.known.person_id:
                yield decision, Doubt(other.worker_id, reason)
