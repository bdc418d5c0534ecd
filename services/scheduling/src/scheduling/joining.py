"""Of a person's checks in one campaign, which one counts; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

# What has gone furthest counts; a refusal is the person's own word, a leaving only one employment's end.
RANKS = {"fulfilled": 0, "attended": 1, "refused": 2, "booked": 3, "open": 4, "joined": 4, "left": 5}


@dataclass(frozen=True, slots=True)
class Check:
    """One worker's check of a person; `is_own` where the worker stands for the person, `day` of a live appointment."""

    health_check_id: UUID
    worker_id: UUID
    unit_id: UUID
    campaign_id: UUID
    person_id: UUID
    state: str
    late_joiner: bool
    joined_to: UUID | None
    gave_up: tuple[UUID, int] | None
    left_on: date | None
    day: date | None

    @property
    def is_own(self) -> bool:
        """Whether it is the check of the worker who stands for the person."""
        return self.worker_id == self.person_id


def stands_for(worker_id: UUID, person_of: Mapping[UUID, UUID]) -> UUID:
    """Who stands for a worker in the end; of workers who stand for each other, while turns are missing, the least."""
    seen = [worker_id]
    while (above := person_of.get(seen[-1], seen[-1])) not in seen:
        seen.append(above)
    return min(seen[seen.index(above) :])


def kept(checks: Iterable[Check]) -> Check:
    """The check that counts: so that nobody's appointment is moved who has one, and the earlier one stays."""
    return min(
        checks,
        key=lambda c: (RANKS[c.state], c.day or date.max, c.late_joiner, not c.is_own, c.health_check_id),
    )


def turns(checks: Sequence[Check]) -> dict[UUID, UUID | None]:
    """What each check is to be joined to from now, None: to none; only those for which that is news."""
    groups: dict[tuple[UUID, UUID], list[Check]] = {}
    for check in checks:
        groups.setdefault((check.person_id, check.campaign_id), []).append(check)
    found: dict[UUID, UUID | None] = {}
    for group in groups.values():
        counting = kept(group)
        for check in group:
            target = None if check is counting else counting.health_check_id
            if target != check.joined_to:
                found[check.health_check_id] = target
    return found
