"""The development issuer over HTTP; these routes exist only where its secret is set, which production refuses."""

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from contracts.base import Party
from gateway import parties
from gateway.edge import EdgeOf
from gateway.problems import Refusal
from gateway.tokens import LIFETIME_SECONDS
from shared.clock import utc_now

router = APIRouter(tags=["development"])
_secret = HTTPBearer(auto_error=False, description="The development secret", scheme_name="Development secret")


class TokenRequest(BaseModel):
    """Whose token is wanted: a party, a role in it, and the person `sub`."""

    party_class: Party
    party_id: str
    role: str = "portal"
    sub: Annotated[str, Field(min_length=1, max_length=200)]


class TokenResponse(BaseModel):
    """A bearer token and how long it lives."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int = LIFETIME_SECONDS


@router.post("/dev/tokens")
async def issue(
    wanted: TokenRequest, edge: EdgeOf, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_secret)]
) -> TokenResponse:
    """Have a token for any party; whoever knows the development secret may."""
    if edge.development is None:
        raise Refusal("not-found")
    known = edge.settings.khamdoan_dev_secret
    if sent is None or not hmac.compare_digest(sent.credentials.encode(), known.encode()):
        raise Refusal("issuer.refused")
    parties.caller(wanted.party_class, wanted.party_id, wanted.role, wanted.sub, pseudonym_key=b"")
    claims = wanted.model_dump(mode="json")
    token = edge.development.issue(claims, audience=edge.settings.token_audience, now=int(utc_now().timestamp()))
    return TokenResponse(access_token=token)


@router.get("/dev/jwks.json")
async def keys(edge: EdgeOf) -> dict[str, Any]:
    """The development issuer's public key."""
    if edge.development is None:
        raise Refusal("not-found")
    return edge.development.jwks
