"""One person on two rosters, spelled differently: doubted, merged by a registrar, counted once, and separated again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from e2e_campaign import A_MAN, Campaign, people

from contracts.unions import IdentityReviewDecided
from demo import days
from demo.edge import Caller, Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

KNOWN = replace(A_MAN, name="Hoàng Văn Thụy", born="15/03/1987", cccd="002087900001", phone="0369000001")
AGAIN = replace(KNOWN, name="Thuỵ Hoàng Văng", cccd="", phone="")
PURPOSE = "đối chiếu hồ sơ nghi trùng"


async def test_a_merge_and_its_undoing_are_followed_by_every_service(edge: Edge) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(4)
    await campaign.agree()
    await campaign.send_roster([*people(2), KNOWN])
    await campaign.send_roster([AGAIN])
    await campaign.close_rosters()
    registrar = await edge.party("unions", str(campaign.root_id), "registrar of the province", "registrar")
    before = await checks(campaign)
    assert await in_scope(campaign, 4) == 4

    (review,) = (await registrar.get("/identity-reviews", purpose=PURPOSE))["reviews"]
    both = {side["worker_id"] for side in review["sides"]}
    assert set(review["reasons"]) == {"identity.similar_name"}
    assert {side["full_name"] for side in review["sides"]} == {KNOWN.name, AGAIN.name}
    assert KNOWN.cccd not in str(review)
    await decide(registrar, review, "same")

    await days.until(lambda: are(campaign, {"joined": 1, "open": 3}), "the joined check")
    assert await in_scope(campaign, 3) == 3
    shown = [await own_record(edge, worker_id) for worker_id in sorted(both)]
    assert [{record["worker_id"], *record["also"]} for record in shown] == [both, both]
    assert [len(record["health_checks"]) for record in shown] == [2, 2]
    assert {(look["party"], look["purpose"], look["view"]) for look in shown[0]["looks"]} == {
        (f"unions/{campaign.root_id}", PURPOSE, "RegistrarView")
    }
    reconciled = await campaign.authority.get(f"/campaigns/{campaign.campaign_id}/reconciliation")
    assert reconciled["in_scope"]["agrees"]

    await decide(registrar, review, "undo")

    await days.until(lambda: are(campaign, {"open": 4}), "the separated check")
    assert await in_scope(campaign, 4) == 4
    assert await checks(campaign) == before
    assert (await own_record(edge, min(both)))["also"] == []


async def decide(registrar: Caller, review: dict[str, Any], decision: str) -> None:
    """The registrar says a word on a review, and it takes effect."""
    word = IdentityReviewDecided.model_validate(
        {"review_id": UUID(review["review_id"]), "decision": decision, "ground": "documents-seen"}
    )
    await registrar.answered(await registrar.say([word]))


async def own_record(edge: Edge, worker_id: str) -> dict[str, Any]:
    """Everything that a worker reads of themself."""
    record: dict[str, Any] = await (await edge.party("workers", worker_id, f"worker {worker_id}")).get("/workers/me")
    return record


async def checks(campaign: Campaign) -> dict[str, str]:
    """The state of every worker's check, as the union reads it."""
    found = await campaign.portal.pages("/health-checks", campaign_id=campaign.campaign_id)
    return {check["worker_id"]: check["state"] for check in found}


async def are(campaign: Campaign, wanted: dict[str, int]) -> bool:
    """Whether so many checks are in these states."""
    states = list((await checks(campaign)).values())
    return {state: states.count(state) for state in set(states)} == wanted


async def in_scope(campaign: Campaign, wanted: int) -> int:
    """The people in the campaign's scope as coordination counts them, after as many days as it takes to hear."""
    for _ in range(5):
        await campaign.start(campaign.today + timedelta(days=1))
        coverage = await campaign.portal.get(f"/campaigns/{campaign.campaign_id}/coverage", unit_id=campaign.unit_id)
        counted: int = coverage["unit"]["figures"]["in_scope"]
        if counted == wanted:
            break
    return counted
