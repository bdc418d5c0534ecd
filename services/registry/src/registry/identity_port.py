"""The identity port: the one internal route, for the gateway alone, which proxies it and stores nothing of it."""

import hmac
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field, SerializeAsAny

from registry import accesses, identities, intake_keys, merges, review_queue
from registry.accesses import Viewer
from registry.identity_views import View
from registry.review_queue import Review
from registry.vault import Vault
from shared.clock import new_id, utc_now
from shared.database import Database
from shared.serving import QUIET

MOST_AT_ONCE, MOST_REVIEWS = 2_000, 100


class IdentitiesAsked(BaseModel):
    """Whose identity is asked for."""

    worker_ids: Annotated[list[UUID], Field(max_length=MOST_AT_ONCE)]


class Identities(BaseModel):
    """The workers whom the viewer may see."""

    identities: list[SerializeAsAny[View]]


class LookupAsked(BaseModel):
    """Who of a unit has this number: cccd, cmnd, passport, bhxh, bhyt, employee_code or union_member_no."""

    unit_id: UUID
    type: str
    value: Annotated[str, Field(min_length=1, max_length=50)]


class Access(BaseModel):
    """One look at a worker."""

    at: datetime
    party: str
    actor: str
    purpose: str
    view: str


class Accesses(BaseModel):
    """Who looked at a worker, the latest first."""

    accesses: list[Access]


class Reviews(BaseModel):
    """Doubts that wait for a registrar, the oldest first, and where the next page begins."""

    reviews: list[Review]
    next: UUID | None = None


class PublicKey(BaseModel):
    """The public key to seal rosters to, in base64, and until when."""

    key_id: str
    public_key: str
    valid_until: datetime


def viewer(
    party: Annotated[str, Header(alias="x-party", pattern=r"^[a-z]+/.+$", max_length=100)],
    actor: Annotated[str, Header(alias="x-actor", min_length=1, max_length=200)],
    purpose: Annotated[str, Header(alias="x-purpose", min_length=1, max_length=1000)],
) -> Viewer:
    """Who looks, as the gateway names them; a header is ASCII, so a purpose in Vietnamese comes percent-encoded."""
    return Viewer(party, actor, unquote(purpose))


Looking = Annotated[Viewer, Depends(viewer)]


def make_app(
    open_database: Callable[[], Database], vault: Vault, token: str, ready: Callable[[], bool] = lambda: True
) -> FastAPI:
    """The app of the identity port; the gateway proves itself with a token that both were given.

    Nobody is shown before `ready`: a restored database has to forget the erased first.
    """

    def require_gateway(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "identity.not_the_gateway")

    def require_forgotten() -> None:
        if not ready():
            raise HTTPException(503, "identity.not_ready", headers={"Retry-After": "2"})

    app = FastAPI(
        title="Registry identity port", telemetry=QUIET, openapi_url=None, docs_url=None, redoc_url=None,
        dependencies=[Depends(require_gateway)],
    )  # fmt: skip
    app.include_router(_persons(open_database, vault), dependencies=[Depends(require_forgotten)])
    app.include_router(_records(open_database, vault))
    return app


def _persons(open_database: Callable[[], Database], vault: Vault) -> APIRouter:
    """What shows who somebody is; every look is logged in the transaction that reads."""
    router = APIRouter()

    @router.post("/identities")
    async def look(asked: IdentitiesAsked, viewer: Looking) -> Identities:
        async with open_database().transaction() as tx:
            return Identities(identities=await identities.look(tx, vault, viewer, asked.worker_ids, utc_now()))

    @router.post("/lookups")
    async def find(asked: LookupAsked, viewer: Looking) -> Identities:
        async with open_database().transaction() as tx:
            found = await identities.find(tx, vault, viewer, asked.unit_id, asked.type, asked.value, utc_now())
        return Identities(identities=found)

    @router.get("/reviews")
    async def list_reviews(
        viewer: Looking, state: review_queue.State = "open", after: UUID | None = None, limit: int = 50
    ) -> Reviews:
        async with open_database().transaction() as tx:
            found = await review_queue.page(tx, vault, viewer, state, after, min(limit, MOST_REVIEWS), utc_now())
        return Reviews(reviews=found, next=found[-1].review_id if len(found) == min(limit, MOST_REVIEWS) else None)

    return router


def _records(open_database: Callable[[], Database], vault: Vault) -> APIRouter:
    """What shows nobody: who looked at a worker, and the key to seal rosters to."""
    router = APIRouter()

    @router.get("/accesses/{worker_id}")
    async def read_accesses(worker_id: UUID) -> Accesses:
        async with open_database().transaction() as tx:
            rows: list[dict[str, Any]] = await accesses.of_workers(tx, await merges.all_of(tx, [worker_id]))
        return Accesses(accesses=[Access(**row) for row in rows])

    @router.get("/intake-key")
    async def read_intake_key() -> PublicKey:
        async with vault.database.transaction() as tx:
            key = await intake_keys.current(tx, vault.masters, now=utc_now(), new_id=new_id())
        encoded = b64encode(key.public_key).decode()
        return PublicKey(key_id=key.key_id, public_key=encoded, valid_until=key.valid_until)

    return router
