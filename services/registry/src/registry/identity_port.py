"""The identity port: the one internal route, for the gateway alone, which proxies it and stores nothing of it."""

import hmac
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field, SerializeAsAny

from registry import accesses, identities, intake_keys
from registry.accesses import Viewer
from registry.identity_views import View
from registry.vault import Vault
from shared.clock import new_id, utc_now
from shared.database import Database
from shared.serving import QUIET

MOST_AT_ONCE = 2_000


class Asked(BaseModel):
    """Who looks, for which party and what for; the gateway vouches for party and actor."""

    party: Annotated[str, Field(pattern=r"^[a-z]+/.+$", max_length=100)]
    actor: Annotated[str, Field(min_length=1, max_length=200)]
    purpose: Annotated[str, Field(min_length=1, max_length=200)]

    @property
    def viewer(self) -> Viewer:
        """As the access log keeps it."""
        return Viewer(self.party, self.actor, self.purpose)


class IdentitiesAsked(Asked):
    """Whose identity is asked for."""

    worker_ids: Annotated[list[UUID], Field(max_length=MOST_AT_ONCE)]


class Identities(BaseModel):
    """The workers whom the viewer may see."""

    identities: list[SerializeAsAny[View]]


class LookupAsked(Asked):
    """Who of a unit has this number: cccd, cmnd, passport, bhxh, bhyt, employee_code or union_member_no."""

    unit_id: UUID
    type: str
    value: Annotated[str, Field(min_length=1, max_length=50)]


class Look(BaseModel):
    """One look at a worker."""

    at: datetime
    party: str
    actor: str
    purpose: str
    view: str


class Looks(BaseModel):
    """Who looked at a worker, the latest first."""

    looks: list[Look]


class PublicKey(BaseModel):
    """The public key to seal rosters to, in base64, and until when."""

    key_id: str
    public_key: str
    valid_until: datetime


def make_app(open_database: Callable[[], Database], vault: Vault, token: str) -> FastAPI:
    """The app of the identity port; the gateway proves itself with a token that both were given."""

    def require_gateway(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "identity.not_the_gateway")

    app = FastAPI(
        title="Registry identity port", telemetry=QUIET, openapi_url=None, docs_url=None, redoc_url=None,
        dependencies=[Depends(require_gateway)],
    )  # fmt: skip

    @app.post("/identities")
    async def look(asked: IdentitiesAsked) -> Identities:
        async with open_database().transaction() as tx:
            return Identities(identities=await identities.look(tx, vault, asked.viewer, asked.worker_ids, utc_now()))

    @app.post("/lookups")
    async def find(asked: LookupAsked) -> Identities:
        async with open_database().transaction() as tx:
            found = await identities.find(tx, vault, asked.viewer, asked.unit_id, asked.type, asked.value, utc_now())
        return Identities(identities=found)

    @app.get("/workers/{worker_id}/looks")
    async def read_looks(worker_id: UUID) -> Looks:
        async with open_database().transaction() as tx:
            rows: list[dict[str, Any]] = await accesses.of_worker(tx, worker_id)
        return Looks(looks=[Look(**row) for row in rows])

    @app.get("/intake-key")
    async def read_intake_key() -> PublicKey:
        async with vault.database.transaction() as tx:
            key = await intake_keys.current(tx, vault.masters, now=utc_now(), new_id=new_id())
        encoded = b64encode(key.public_key).decode()
        return PublicKey(key_id=key.key_id, public_key=encoded, valid_until=key.valid_until)

    return app
