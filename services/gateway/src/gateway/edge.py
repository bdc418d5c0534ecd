"""What every route stands on: the database, who is asking, limits, and the body of a request."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

from asyncpg import Pool
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway import feeds, receipts
from gateway.limits import Buckets
from gateway.lookout import Lookout
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.rosters import IntakeKeys
from gateway.sandbox import Sandbox
from gateway.settings import Settings, development_issuer, make_tokens
from gateway.tokens import DevelopmentIssuer, Tokens
from gateway.wakeups import Wakeups
from shared.clock import utc_now
from shared.database import Database


@dataclass
class Edge:
    """One process of the gateway, as its routes see it."""

    settings: Settings
    database: Database
    tokens: Tokens
    development: DevelopmentIssuer | None
    requests: Buckets
    events: Buckets
    wakeups: Wakeups
    lookout: Lookout
    intake_keys: IntakeKeys
    sandbox: Sandbox

    @property
    def db(self) -> Pool:
        """For single reads."""
        return self.database.pool


async def read_rosters(edge: Edge, stop: asyncio.Event) -> None:
    """Keep the sandbox for roster files until `stop`."""
    async with edge.sandbox:
        await stop.wait()


def make_edge(settings: Settings, database: Database) -> Edge:
    """The edge of one process; nothing is opened yet."""
    development = development_issuer(settings)
    wakeups = Wakeups([receipts.CHANNEL, receipts.STORED, feeds.CHANNEL])
    return Edge(
        settings=settings,
        database=database,
        tokens=make_tokens(settings, development),
        development=development,
        requests=Buckets(settings.requests_per_second, settings.requests_burst),
        events=Buckets(settings.events_per_second, settings.events_burst),
        wakeups=wakeups,
        lookout=Lookout(wakeups),
        intake_keys=IntakeKeys(settings),
        sandbox=Sandbox(settings.roster_readers),
    )


async def _edge(request: Request) -> Edge:
    # A coroutine without need to wait: the framework calls a plain function in a thread, at every request.
    edge: Edge = request.app.state.edge
    return edge


EdgeOf = Annotated[Edge, Depends(_edge)]
_bearer = HTTPBearer(auto_error=False, description="A JWT of the operator's issuer")


async def _caller(edge: EdgeOf, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    if sent is None:
        raise Refusal("token.missing", headers={"WWW-Authenticate": "Bearer"})
    caller = await edge.tokens.check(sent.credentials, now=int(utc_now().timestamp()))
    edge.requests.take(caller.party, 1, now=monotonic())
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]


async def read_body(request: Request, *, at_most: int) -> bytes:
    """The body, or a 413 as soon as it is longer than that."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > at_most:
        raise Refusal("body.too-large", detail=str(at_most))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > at_most:
            raise Refusal("body.too-large", detail=str(at_most))
    return bytes(body)
