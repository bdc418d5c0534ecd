"""Two workers who may be one person: found here, for somebody to decide; nothing is merged on its own."""

from collections.abc import Mapping
from uuid import UUID

from rapidfuzz import fuzz

from registry import persons
from registry.ledger import Decision, Ledger
from registry.matching import SIMILAR_NAME, Doubt
from registry.reading.names import name_key
from registry.vault import Vault
from shared.database import Transaction

# Two letters apart in a name of fifteen, tones and marks not counted.
SIMILAR_FROM = 85.0

ASK_FOR_REVIEW = """
INSERT INTO reviews (worker_id, other_id, reasons, score, roster_id, "row")
SELECT worker_id, other_id, string_to_array(reasons, ' '), score, roster_id, "row"
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::real[], $5::uuid[], $6::int[])
    AS new (worker_id, other_id, reasons, score, roster_id, "row")
ON CONFLICT DO NOTHING
"""


async def look_for_other_spellings(
    tx: Transaction, vault: Vault, ledger: Ledger, taken: Mapping[UUID, set[UUID]]
) -> None:
    """Somebody new with the birth date and sex of a member whom the roster does not name may be that member."""
    new = [decision for decision in ledger.decisions if decision.is_new and not decision.doubts]
    peers = await persons.get_peers(tx, [decision.entry for decision in new])
    pairs = [
        (decision, worker_id)
        for decision in new
        for worker_id in peers.get(decision.entry.peer or b"", ())
        if worker_id not in taken[decision.roster.roster_id]
    ]
    opened = await persons.open_identities(tx, vault, {worker_id for _, worker_id in pairs})
    for decision, worker_id in pairs:
        if worker_id not in opened:
            continue
        score = fuzz.ratio(decision.entry.name_key, name_key(opened[worker_id]["full_name"]))
        if score >= SIMILAR_FROM:
            decision.doubts.append(Doubt(worker_id, SIMILAR_NAME, score))
            decision.effect = "review"


async def ask(tx: Transaction, ledger: Ledger) -> None:
    """Put every doubt of a ledger before a person, once for each pair."""
    asked: dict[tuple[UUID, UUID], tuple[list[str], float | None, Decision]] = {}
    for decision in ledger.decisions:
        for doubt in decision.doubts:
            pair = decision.known.worker_id, doubt.worker_id
            reasons, _, _ = asked.setdefault(pair, ([], doubt.score, decision))
            if doubt.reason not in reasons:
                reasons.append(doubt.reason)
    rows = [
        (*pair, " ".join(reasons), score, decision.roster.roster_id, decision.entry.row)
        for pair, (reasons, score, decision) in asked.items()
    ]
    if rows:
        await tx.execute(ASK_FOR_REVIEW, *map(list, zip(*rows, strict=True)))
