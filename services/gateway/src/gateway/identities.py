"""Registry's identity port: names for those who may see them now; passed on, never stored, never logged."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
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


@dataclass(frozen=True, slots=True)
class IntakeKey:
    """The public half of a key of registry's, and until when it may be used."""

    key_id: str
    public_key: bytes
    valid_until: datetime


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
    found = await of_workers(settings, caller, list(booked.values()), purpose)
    by_worker: Mapping[str, Any] = {identity["worker_id"]: identity for identity in found}
    return [
        {"appointment_id": appointment, "worker_id": worker, "identity": by_worker[str(worker)]}
        for appointment, worker in booked.items()
        if str(worker) in by_worker
    ]


async def of_workers(
    settings: Settings, caller: Caller, worker_ids: Sequence[UUID], purpose: str
) -> list[dict[str, Any]]:
    """Those of these workers whom registry lets the caller see (a union its members, an employer its staff)."""
    asked = {"worker_ids": sorted({str(worker) for worker in worker_ids})}
    answer = await _ask(settings, "POST", "/identities", headers=_viewer(caller, purpose), json=asked)
    found: list[dict[str, Any]] = answer["identities"]
    return found


async def find(settings: Settings, caller: Caller, asked: Mapping[str, Any], purpose: str) -> list[dict[str, Any]]:
    """The members of a unit who have or had a number, as far as registry lets the union see them."""
    answer = await _ask(settings, "POST", "/lookups", headers=_viewer(caller, purpose), json=asked)
    found: list[dict[str, Any]] = answer["identities"]
    return found


def _permitted(settings: Settings, today: date) -> tuple[date, date]:
    """The days around the business date whose booked workers a clinic may know by name."""
    if today == organisations.FOR_EVER:
        return date.min, date.max
    return today - timedelta(days=settings.identity_days_after), today + timedelta(days=settings.identity_days_before)


async def looks_at(settings: Settings, worker_id: UUID) -> list[dict[str, Any]] | None:
    """Who looked at a worker's identity, when and for what; None while registry is away."""
    try:
        answer = await _ask(settings, "GET", f"/accesses/{worker_id}")
    except Refusal:
        return None
    return [{**look, "purpose": unquote(look["purpose"])} for look in answer["accesses"]]


async def reviews(settings: Settings, caller: Caller, asked: Mapping[str, Any], purpose: str) -> dict[str, Any]:
    """A page of the doubts that the caller may decide."""
    return await _ask(settings, "GET", "/reviews", headers=_viewer(caller, purpose), params=asked)


async def intake_key(settings: Settings) -> IntakeKey:
    """Registry's current key to seal rosters to."""
    answer = await _ask(settings, "GET", "/intake-key")
    valid_until = datetime.fromisoformat(answer["valid_until"])
    return IntakeKey(str(answer["key_id"]), b64decode(answer["public_key"]), valid_until)


def _viewer(caller: Caller, purpose: str) -> dict[str, str]:
    """Who looks and what for, as registry logs it; a header is no place for Vietnamese letters."""
    return {"x-party": caller.party, "x-actor": caller.actor, "x-purpose": quote(purpose)}


async def _ask(
    settings: Settings,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    if not settings.registry_identity_url:
        raise Refusal("identity.away")
    proof = {"Authorization": f"Bearer {settings.registry_identity_token}", **(headers or {})}
    try:
        async with httpx.AsyncClient(base_url=settings.registry_identity_url, timeout=TIMEOUT_SECONDS) as client:
            response = await client.request(method, path, headers=proof, json=json, params=params)
            response.raise_for_status()
            answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        log.warning("registry's identity port", error=type(error).__name__)
        raise Refusal("identity.away", headers={"Retry-After": "5"}) from error
    return answer
