"""Close-out: final states, the digest that both parties sign, the signature over it, and what comes after."""

from collections.abc import Iterable
from datetime import datetime
from os import urandom
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts import health, unions
from contracts.coordination import (
    CampaignClosed,
    ClosingProposed,
    ClosingSupplemented,
    DayStarted,
    Figures,
    JoinedCheck,
)
from coordination import approvals, coverage, model, store
from shared import outbox, waiting
from shared.consuming import Message
from shared.database import Transaction

# What an event can carry; where more people were merged, it does not say whom.
JOINED_AT_MOST = 5_000


async def propose(tx: Transaction, message: Message[DayStarted]) -> None:
    """After the last day for conclusions: everybody in scope gets a final state, and the digest waits to be signed."""
    day = message.event.day
    for campaign in await tx.fetch(store.CAMPAIGNS_TO_COUNT):
        if campaign["state"] == "frozen" and day >= model.closes_on(campaign["period_to"]):
            await _propose(tx, message, campaign)


async def _propose(tx: Transaction, message: Message[DayStarted], campaign: Any) -> None:
    campaign_id, day = campaign["campaign_id"], message.event.day
    await tx.fetch(store.LOCK_PEOPLE, campaign_id)
    people = await tx.fetch(store.PEOPLE_TO_CLOSE, campaign_id)
    states = [model.final_state(model.Person(p["examined"], p["ended"], p["missed"])) for p in people]
    await tx.execute(store.BEGIN_CLOSING, campaign_id)
    await tx.execute(store.SET_FINAL_STATES, campaign_id, [p["worker_id"] for p in people], states)
    units = [unit for unit in await tx.fetch(store.DENOMINATORS, campaign_id) if unit["in_scope"]]
    digest = model.digest(
        campaign_id,
        [(unit["unit_id"], unit["workers"], unit["due"]) for unit in units],
        [(p["health_check_id"], state) for p, state in zip(people, states, strict=True)],
    )
    await coverage.say(tx, message, dict(campaign) | {"state": "closing"}, day)
    figures = _campaign_figures(await tx.fetch(store.OWN_FIGURES, campaign_id, day))
    await tx.execute(store.PROPOSE_CLOSING, campaign_id, digest, figures.model_dump_json())
    joined = await tx.fetch(store.JOINED_CHECKS, campaign_id, JOINED_AT_MOST + 1)
    proposed = ClosingProposed(
        campaign_id=campaign_id, on_day=day, tree_as_of=campaign["tree_as_of"], figures=figures, digest=digest,
        joined=[JoinedCheck(**row) for row in joined] if len(joined) <= JOINED_AT_MOST else None,
    )  # fmt: skip
    await outbox.append(tx, [message.leads_to(proposed)])
    await waiting.release(tx, "closing", [campaign_id])


def _campaign_figures(rows: list[Any]) -> Figures:
    return Figures(**{name: sum(row[name] for row in rows) for name in Figures.model_fields})


async def approve(
    tx: Transaction,
    message: Message[unions.ClosingApproved] | Message[health.ClosingApproved],
    seed: str,
    *,
    now: datetime,
) -> None:
    """A party signs the digest it saw; with the second word the campaign is closed for good."""
    campaign_id = message.event.campaign_id
    campaign = await tx.fetchrow(store.LOCK_CAMPAIGN, campaign_id)
    if campaign is None or campaign["digest"] is None:
        await waiting.hold(tx, [message], "closing", [campaign_id])
        return
    same = message.event.digest == campaign["digest"]
    problems = [] if same else [model.problem("approval.other_digest", "digest")]
    if await approvals.give(tx, message, "closing", campaign_id, under=campaign_id, now=now, problems=problems):
        key = await _signing_key(tx, seed)
        await tx.execute(store.CLOSE_CAMPAIGN, campaign_id)
        await tx.execute(store.MARK_CHANGED, [campaign_id])
        closed = CampaignClosed(
            campaign_id=campaign_id,
            on_day=await tx.fetchval(store.DAY, "VN"),
            tree_as_of=campaign["tree_as_of"],
            figures=Figures.model_validate_json(campaign["figures"]),
            digest=campaign["digest"],
            signature=key.sign(bytes.fromhex(campaign["digest"])).hex(),
            public_key=key.public_key().public_bytes_raw().hex(),
        )
        await outbox.append(tx, [message.leads_to(closed)])


async def supplement(tx: Transaction, message: Message[DayStarted], changed: Iterable[UUID]) -> None:
    """Of closed campaigns in which something changed: how many were examined by conclusions that came too late."""
    rows = await tx.fetch(store.SUPPLEMENT_CLOSINGS, list(changed))
    said = [ClosingSupplemented(**row, on_day=message.event.day) for row in rows]
    await outbox.append(tx, [message.leads_to(event) for event in said])


async def _signing_key(tx: Transaction, seed: str) -> Ed25519PrivateKey:
    """The operator's key; in trials without one, a key made once and kept."""
    raw = bytes.fromhex(seed) if seed else await tx.fetchval(store.SIGNING_SEED, urandom(32))
    return Ed25519PrivateKey.from_private_bytes(raw)
