"""What a registrar is shown to decide who is one person: both sides of each doubt, every look logged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record
from pydantic import BaseModel

from registry import accesses, likeness, numbers, persons, registrars
from registry.accesses import Viewer
from registry.identity_views import NumberSeen, RegistrarView
from registry.persons import Identity
from registry.vault import Vault
from shared.database import Transaction

State = Literal["open", "same", "different"]
SHOWN_DIGITS = 4

GET_QUEUE = """
SELECT review_id, review.worker_id, other_id, reasons, score, state, found_at,
       one.unit_id AS one_unit, other.unit_id AS other_unit
FROM reviews AS review JOIN workers AS one ON one.worker_id = review.worker_id
JOIN workers AS other ON other.worker_id = review.other_id
WHERE state = $1 AND (found_at, review_id) >
    (coalesce((SELECT found_at FROM reviews WHERE review_id = $2), '-infinity'), coalesce($2, review_id))
AND ($4 OR (one.unit_id IN (SELECT unnest($5::uuid[])) AND other.unit_id IN (SELECT unnest($5::uuid[]))))
ORDER BY found_at, review_id LIMIT $3
"""


class Review(BaseModel):
    """A doubt: two workers, why they may be one person, and in what their particulars agree."""

    review_id: UUID
    state: State
    reasons: list[str]
    score: float | None
    found_at: datetime
    agrees: dict[str, bool | None]
    sides: list[RegistrarView]


async def page(
    tx: Transaction, vault: Vault, viewer: Viewer, state: State, after: UUID | None, limit: int, now: datetime
) -> list[Review]:
    """A page of the doubts that the viewer may decide, the oldest first; both sides of each count as looked at."""
    reach = await registrars.reach_of(tx, viewer.party, now)
    if not reach.everywhere and not reach.units:
        return []
    found = await tx.fetch(GET_QUEUE, state, after, limit, reach.everywhere, reach.units)
    if not found:
        return []
    worker_ids = list(dict.fromkeys(id_ for row in found for id_ in (row["worker_id"], row["other_id"])))
    await accesses.log(tx, viewer, RegistrarView.__name__, worker_ids, now)
    opened = await persons.open_identities(tx, vault, worker_ids)
    history = await numbers.of_workers(tx, vault, worker_ids)
    return [_review(row, opened, history) for row in found]


def _review(row: Record, opened: Mapping[UUID, Identity], history: Mapping[UUID, Sequence[NumberSeen]]) -> Review:
    ids, units = (row["worker_id"], row["other_id"]), (row["one_unit"], row["other_unit"])
    one, other = (opened.get(worker_id, {}) for worker_id in ids)
    return Review(
        review_id=row["review_id"],
        state=row["state"],
        reasons=row["reasons"],
        score=row["score"],
        found_at=row["found_at"],
        agrees=_agreements(one, other),
        sides=[
            _side(worker_id, unit_id, opened.get(worker_id, {}), history.get(worker_id, ()))
            for worker_id, unit_id in zip(ids, units, strict=True)
        ],
    )


def _side(worker_id: UUID, unit_id: UUID, identity: Identity, history: Sequence[NumberSeen]) -> RegistrarView:
    shown = {name: identity.get(name) for name in ("full_name", "birth_date", "sex", "employee_code", "job")}
    masked = [seen.model_copy(update={"value": mask(seen.value)}) for seen in history]
    return RegistrarView(worker_id=worker_id, unit_id=unit_id, numbers=masked, **shown)


def mask(number: str) -> str:
    """A number of which only the end can be read."""
    return "•" * max(0, len(number) - SHOWN_DIGITS) + number[-SHOWN_DIGITS:]


def _agreements(one: Identity, other: Identity) -> dict[str, bool | None]:
    """Whether particulars that are not shown, or not in full, are the same; None where one side has none."""
    if not one or not other:
        return {}
    left, right = likeness.particulars(one), likeness.particulars(other)
    pairs: dict[str, tuple[Any, Any]] = {
        "name": (left.words, right.words),
        "birth_date": (left.birth, right.birth),
        "sex": (left.sex, right.sex),
        "phone": (left.phone, right.phone),
        "address": (one.get("address"), other.get("address")),
    }
    for kind in ("cccd", "cmnd", "bhxh", "passport"):
        pairs[kind] = tuple((side.get("identifiers") or {}).get(kind) for side in (one, other))  # type: ignore[assignment]
    return {name: None if a is None or b is None else a == b for name, (a, b) in pairs.items()}
