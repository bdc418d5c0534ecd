"""Which workers are one person, by the words of registrars; pure."""

from collections.abc import Iterable, Mapping
from uuid import UUID

Pair = tuple[UUID, UUID]


def persons(worker_ids: Iterable[UUID], same: Iterable[Pair]) -> dict[UUID, UUID]:
    """Who stands for each worker: of those linked to each other the one who was registered first (the smallest id)."""
    above = {worker_id: worker_id for worker_id in worker_ids}

    def top(worker_id: UUID) -> UUID:
        while above[worker_id] != worker_id:
            above[worker_id] = worker_id = above[above[worker_id]]
        return worker_id

    for one, other in same:
        first, second = sorted((top(one), top(other)))
        above[second] = first
    return {worker_id: top(worker_id) for worker_id in above}


def contradicted(person_of: Mapping[UUID, UUID], different: Iterable[Pair]) -> list[Pair]:
    """Pairs that a registrar called different people and that would be one person."""
    return [(one, other) for one, other in different if person_of.get(one, one) == person_of.get(other, other)]


def changes(before: Mapping[UUID, UUID], after: Mapping[UUID, UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Workers for whom another stands now: who did, and who does."""
    return {
        worker_id: (before.get(worker_id, worker_id), person_id)
        for worker_id, person_id in sorted(after.items())
        if before.get(worker_id, worker_id) != person_id
    }
