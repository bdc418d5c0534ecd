"""Each of somebody's employers knows when they are away and what work they may do, and only while it employs them."""

from typing import Any
from uuid import UUID, uuid4

from gateway_builders import DAY, Clients, a_worker, an_organisation, fit, made

from contracts.base import Party
from contracts.registry import Employment, WorkerChanged, WorkerLeft, WorkerRegistered
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()
UNIT, MILL, SHOP, WORKER, CAMPAIGN = (uuid4() for _ in range(5))


def who_works_for_both() -> WorkerRegistered:
    """Somebody who counts by the mill and works for the shop as well."""
    return a_worker(WORKER, UNIT, MILL).model_copy(
        update={"employments": [Employment(unit_id=uuid4(), employer_id=SHOP)]}
    )


async def seen_by(as_: Clients, employer: UUID) -> dict[str, list[str]]:
    """The workers whose absence and fitness an employer is shown."""
    client = await as_.party(Party.EMPLOYERS, str(employer))
    shown: dict[str, Any] = {
        what: (await client.get(f"/employers/{employer}/{what}")).json()["items"] for what in ("attendance", "fitness")
    }
    return {what: [row["worker_id"] for row in rows] for what, rows in shown.items()}


async def test_both_employers_are_shown_what_each_may_know_until_the_work_ends(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    booked = made(worker_id=WORKER, unit_id=UNIT, campaign_id=CAMPAIGN)
    examined = fit(WORKER, UNIT, CAMPAIGN, employer_id=MILL)
    await deliver(CONSUMER, database, [an_organisation(UNIT), who_works_for_both(), booked, examined])

    together = await seen_by(as_, MILL), await seen_by(as_, SHOP)
    ended = WorkerChanged.model_validate(a_worker(WORKER, UNIT, MILL).model_dump())
    await deliver(CONSUMER, database, [ended])
    afterwards = await seen_by(as_, MILL), await seen_by(as_, SHOP)

    own = {"attendance": [str(WORKER)], "fitness": [str(WORKER)]}
    assert together == (own, own)
    assert afterwards == (own, {"attendance": [], "fitness": []})


async def test_whoever_left_is_nobody_elses_worker(as_: Clients, database: Database, deliver: Deliver) -> None:
    booked = made(worker_id=WORKER, unit_id=UNIT, campaign_id=CAMPAIGN)
    left = WorkerLeft(worker_id=WORKER, unit_id=UNIT, left_on=DAY)

    await deliver(CONSUMER, database, [an_organisation(UNIT), who_works_for_both(), booked])
    await deliver(CONSUMER, database, [left])

    assert (await seen_by(as_, SHOP))["attendance"] == []
