"""What outside parties say: stored once with its receipt, and on its way to Kafka in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.fields import Problem
from gateway import authority, problems
from gateway.cloudevents import Refused, Said
from shared import outbox
from shared.database import Transaction

STORE = """
INSERT INTO receipts (receipt_id, ref, type, party, actor, subject, digest, accepted_at)
SELECT receipt_id, ref, type, party, actor, subject, digest, $8
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
  AS said (receipt_id, ref, type, party, actor, subject, digest)
ORDER BY receipt_id
ON CONFLICT DO NOTHING RETURNING receipt_id
"""
GET_DIGESTS = "SELECT receipt_id, digest FROM receipts WHERE receipt_id = ANY($1::uuid[])"


@dataclass(slots=True)
class Outcome:
    """What became of one event of a request: accepted, repeated (its first receipt again) or refused.

    `ignored` names fields that the contract does not have, which take no effect.
    """

    place: int
    id: str | None
    status: str
    receipt_id: UUID | None = None
    code: str | None = None
    problems: Sequence[Problem] = ()
    ignored: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """The outcome as the response shows it."""
        members = {"id": self.id, "status": self.status, "receipt_id": self.receipt_id, "code": self.code}
        shown: dict[str, Any] = {name: value for name, value in members.items() if value is not None}
        shown |= {"ignored": self.ignored} if self.ignored else {}
        return {**shown, "problems": [item.model_dump() for item in self.problems]} if self.problems else shown


async def accept(tx: Transaction, checked: Sequence[Said | Refused], *, now: datetime) -> list[Outcome]:
    """Store what may be said and was not said before; one outcome each, in the order of their places."""
    said = [item for item in checked if isinstance(item, Said)]
    refused = [item for item in checked if isinstance(item, Refused)]
    outcomes = [Outcome(item.place, item.id, "refused", None, item.code, item.problems) for item in refused]
    wrong = await authority.problems_of(tx, said)
    outcomes += [
        Outcome(item.place, str(item.id), "refused", None, wrong[item.place][0].code, wrong[item.place])
        for item in said
        if item.place in wrong
    ]
    outcomes += await _store(tx, [item for item in said if item.place not in wrong], now)
    return sorted(outcomes, key=lambda outcome: outcome.place)


async def _store(tx: Transaction, said: Sequence[Said], now: datetime) -> list[Outcome]:
    if not said:
        return []
    first = {item.receipt_id: item for item in reversed(said)}
    rows = list(first.values())
    stored = await tx.fetch(
        STORE, [item.receipt_id for item in rows], [item.ref for item in rows],
        [item.event.entry.type for item in rows], [item.caller.party for item in rows],
        [item.caller.actor for item in rows], [item.event.aggregate_id for item in rows],
        [item.digest for item in rows], now,
    )  # fmt: skip
    new = {row["receipt_id"] for row in stored}
    known = [receipt_id for receipt_id in first if receipt_id not in new]
    digests = {receipt_id: item.digest for receipt_id, item in first.items()}
    if known:
        digests |= {row["receipt_id"]: row["digest"] for row in await tx.fetch(GET_DIGESTS, known)}
    places = {item.place for item in rows if item.receipt_id in new}
    await outbox.append(tx, [_origin(item) for item in said if item.place in places])
    return [_outcome(item, digests[item.receipt_id], is_new=item.place in places) for item in said]


def _origin(item: Said) -> outbox.Outgoing:
    return outbox.origin(
        item.event,
        source=item.caller.party,
        id=item.id,
        time=item.time,
        party=item.caller.party,
        actor=item.caller.actor,
        trace=item.trace,
    )


def _outcome(item: Said, digest: bytes, *, is_new: bool) -> Outcome:
    if digest != item.digest:
        reused = problems.problem("event.reused", "id")
        return Outcome(item.place, str(item.id), "refused", None, "event.reused", [reused])
    status = "accepted" if is_new else "repeated"
    return Outcome(item.place, str(item.id), status, item.receipt_id, ignored=item.ignored)
