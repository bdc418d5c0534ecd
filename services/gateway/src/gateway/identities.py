"""Registry's identity port: names for those who may see them now; passed on, never stored, never logged."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog

from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.read_models import appointments, organisations
from gateway.read_models.records import Reader
from gateway.settings import Settings

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 5.0


async def of_booked(
    settings: Settings, db: Reader, caller: Caller, appointment_ids: Sequence[UUID], purpose: str
) -> list[dict[str, Any]]:
    """Who is booked with the clinic on these appointments; refuses all if one is not its own or not in these days.

    Registry logs the look in the transaction that reads the names, where the worker can see it.
    """
    today = await organisations.today(db)
    first, last = _permitted(settings, today)
    booked = await appointments.booked(db, caller.party_id, appointment_ids, first, last)
    if set(booked) != set(appointment_ids):
        raise Refusal("identity.not-booked")
    asked = {"worker_ids": [str(worker) for worker in booked.values()], "purpose": purpose}
    found = await _ask(settings, "POST", "/identities", json={**asked, "party": caller.party, "actor": caller.actor})
    by_worker: Mapping[str, Any] = {identity["worker_id"]: identity for identity in found["identities"]}
    return [
        {"appointment_id": appointment, "worker_id": worker, "identity": by_worker[str(worker)]}
        for appointment, worker in booked.items()
        if str(worker) in by_worker
    ]


def _permitted(settings: Settings, today: date) -> tuple[date, date]:
    """The days around the business date whose booked workers a clinic may know by name."""
    if today == organisations.FOR_EVER:
        return date.min, date.max
    return today - timedelta(days=settings.identity_days_after), today + timedelta(days=settings.identity_days_before)


async def looks_at(settings: Settings, worker_id: UUID) -> list[dict[str, Any]] | None:
    """Who looked at a worker's identity, when and for what; None while registry is away."""
    try:
        answer = await _ask(settings, "GET", f"/workers/{worker_id}/looks")
    except Refusal:
        return None
    looks: list[dict[str, Any]] = answer["looks"]
    return looks


async def intake_key(settings: Settings) -> tuple[str, str]:
    """Registry's current intake key: its id and the public half in base64."""
    answer = await _ask(settings, "GET", "/intake-key")
    return str(answer["key_id"]), str(answer["public_key"])


async def _ask(settings: Settings, method: str, path: str, **content: Any) -> dict[str, Any]:
    if not settings.registry_identity_url:
        raise Refusal("identity.away")
    headers = {"Authorization": f"Bearer {settings.registry_identity_token}"}
    try:
        async with httpx.AsyncClient(base_url=settings.registry_identity_url, timeout=TIMEOUT_SECONDS) as client:
            response = await client.request(method, path, headers=headers, **content)
            response.raise_for_status()
            answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        log.warning("registry's identity port", error=type(error).__name__)
        raise Refusal("identity.away", headers={"Retry-After": "5"}) from error
    return answer
