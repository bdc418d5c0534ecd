"""What every route stands on: the database, who is asking, and limits."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway import feeds, gathering, intake, receipts
from gateway.cloudevents import Refused, Said
from gateway.gathering import Gathering
from gateway.intake import Outcome
from gateway.limits import Buckets
from gateway.lookout import Lookout
from gateway.parties import Caller
from gateway.patience import PatientReader, within
from gateway.problems import Refusal
from gateway.read_models import rosters
from gateway.read_models.records import Reader
from gateway.receipts import Standing
from gateway.retries import until_no_rival
from gateway.rosters import IntakeKeys
from gateway.sandbox import Sandbox
from gateway.settings import Settings, development_issuer, make_tokens
from gateway.tokens import DevelopmentIssuer, Tokens
from gateway.wakeups import Wakeups
from shared.clock import utc_now
from shared.database import Database

T = TypeVar("T")

# Of a rush each transaction stores what came during the one before.
SAID_AT_ONCE = 200


@dataclass
class Edge:
    """One process of the gateway, as its routes see it; what many requests ask at one moment is asked once."""

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
    sayings: Gathering[Said, Outcome] = field(init=False)
    standings: Gathering[UUID, Standing | None] = field(init=False)
    receipts: Gathering[UUID, dict[str, Any] | None] = field(init=False)
    progress: Gathering[UUID, dict[str, Any] | None] = field(init=False)

    def __post_init__(self) -> None:
        seconds = self.settings.database_patience_seconds
        self.sayings = Gathering(self._store_together, seconds=seconds, at_most=SAID_AT_ONCE)
        self.standings = gathering.rows_of(lambda: self.db, receipts.standing, seconds=seconds)
        self.receipts = gathering.rows_of(lambda: self.db, receipts.get, seconds=seconds)
        self.progress = gathering.rows_of(lambda: self.db, rosters.progress, seconds=seconds)

    @property
    def db(self) -> Reader:
        """For single reads."""
        return PatientReader(self.database.pool, self.settings.database_patience_seconds)

    async def until_stored(self, work: Callable[[], Awaitable[T]], *, times: int = 1) -> T:
        """Run work that opens its own transaction, again after a rival's; gives up like all that a request waits for.

        `times` as long, where one request brings as much as thousands.
        """
        return await within(times * self.settings.database_patience_seconds, until_no_rival(work))

    async def store(self, checked: Sequence[Said | Refused]) -> list[Outcome]:
        """Store what may be said, in one transaction; one outcome each, in their order."""

        async def once() -> list[Outcome]:
            async with self.database.transaction() as tx:
                return await intake.accept(tx, checked, now=utc_now())

        return await self.until_stored(once)

    async def _store_together(self, said: Sequence[Said]) -> list[Outcome]:
        for place, item in enumerate(said):
            item.place = place
        return await self.store(said)


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
