"""One worker through all five services: from an uploaded roster to the coverage that both parties sign."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from e2e_campaign import Campaign

from demo.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]


async def test_a_roster_of_six_becomes_six_examinations_and_signed_coverage(edge: Edge) -> None:
    campaign = await Campaign.prepared(edge, members=6)
    await campaign.offer(seats=6)

    await campaign.start(campaign.period[0])
    await campaign.examine()
    closed = await campaign.close()

    coverage = await campaign.portal.get(f"/campaigns/{campaign.campaign_id}/coverage", unit_id=campaign.unit_id)
    figures = coverage["unit"]["figures"]
    assert (figures["in_scope"], figures["examined"], figures["visits"], figures["pending"]) == (6, 6, 6, 0)
    reconciled = await campaign.authority.get(f"/campaigns/{campaign.campaign_id}/reconciliation")
    assert reconciled["sums_up"]
    assert all(reconciled[figure]["agrees"] for figure in ("in_scope", "examined", "visits"))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(closed["public_key"]))
    key.verify(bytes.fromhex(closed["signature"]), bytes.fromhex(closed["digest"]))
