"""The composition root: the HTTP app of the edge, and the service that runs it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gateway import (
    asking,
    campaigns_http,
    deadlines,
    development_http,
    documents,
    edge_topics,
    events_http,
    feeds_http,
    figures_http,
    idempotency,
    identities_http,
    operations_http,
    people_http,
    plans_http,
    problems,
    receipt_streams,
    receipts_http,
    retention,
    reviews_http,
    rosters_http,
    routes_page,
)
from gateway.bodies import Bodies
from gateway.consumers import make_consumer
from gateway.edge import Edge, make_edge, read_rosters
from gateway.etags import ETags
from gateway.heads import Heads
from gateway.problems import Refusal
from gateway.sandbox import BusyError
from gateway.settings import Settings
from shared import background, faults
from shared.database import Database
from shared.service import Service
from shared.serving import QUIET

PARTS = (
    events_http,
    rosters_http,
    receipts_http,
    receipt_streams,
    reviews_http,
    campaigns_http,
    plans_http,
    figures_http,
    people_http,
    feeds_http,
    identities_http,
    operations_http,
)
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What is wrong, with stable codes, in Vietnamese and English (RFC 9457)",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
}
Background = Callable[[Database, asyncio.Event], Awaitable[None]]
MIGRATIONS = Path(__file__).parents[2] / "migrations"
PRUNE_EVERY_SECONDS = 3_600.0

AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    OSError,
    TimeoutError,
)


def make_app(edge: Edge) -> FastAPI:
    """The edge's routes; nothing is opened, so that tests can give it any database."""
    app = FastAPI(
        title="Khám Đoàn: gateway",
        version="1",
        description="The edge for every outside party. Errors are RFC 9457 documents with stable codes, vi and en.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # to http:// and whatever Host was sent, that is: a token in clear
        telemetry=QUIET,
        responses=PROBLEMS,
        dependencies=[Depends(asking.known)],
    )
    app.state.edge = edge
    for part in (*PARTS, routes_page):
        app.include_router(part.router)
    if edge.development is not None:
        app.include_router(development_http.router)
    app.add_middleware(ETags)
    app.add_middleware(Bodies, settings=edge.settings, party_of=edge.tokens.party_of)
    app.add_middleware(Heads)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(ClientDisconnect, _unread)
    for kind in AWAY:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(asyncpg.PostgresError, _refused_by_database)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(Exception, _broken)
    documents.describe(app)
    return app


def make_service(settings: Settings) -> Service:
    """The gateway as one process."""
    consumer = make_consumer()
    database = Database(settings.database_url, max_connections=settings.database_max_connections)
    edge = make_edge(settings, database)
    service = Service(
        "gateway",
        settings,
        consumer=consumer,
        migrations=MIGRATIONS,
        http=make_app(edge),
        http_port=settings.gateway_port,
        background=_background(edge),
        ready_without_kafka=True,
        deadlines=deadlines.DEADLINES,
    )
    edge.database = service.database
    return service


def _background(edge: Edge) -> list[Background]:
    work: list[Background] = [
        edge.wakeups.listen,
        _prune,
        lambda _database, stop: read_rosters(edge, stop),
    ]
    if edge.settings.edge_topics:
        work += [partial(edge_topics.open_topics, edge), partial(edge_topics.bridge, edge)]
    return work


async def _prune(database: Database, stop: asyncio.Event) -> None:
    async def prune() -> None:
        await idempotency.prune(database)
        await retention.prune(database)

    await background.repeat(prune, stop, name="prune", every=PRUNE_EVERY_SECONDS)


def _response(request: Request, refusal: Refusal) -> Response:
    return problems.response(refusal, accept_language=request.headers.get("accept-language", ""))


async def _refused(request: Request, error: Exception) -> Response:
    return _response(request, error if isinstance(error, Refusal) else Refusal("request.invalid"))


async def _invalid(request: Request, error: Exception) -> Response:
    found = problems.of_fields(error.errors()) if isinstance(error, RequestValidationError) else []
    return _response(request, Refusal("request.invalid", found))


async def _no_route(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 400:
        return await _unread(request, error)
    if isinstance(error, HTTPException) and error.status_code == 405:
        return _response(request, Refusal("method", headers=dict(error.headers or {})))
    return _response(request, Refusal("not-found"))


async def _unread(request: Request, error: Exception) -> Response:
    """The framework's word for a body that it could not read to its end; why not, its cause may say."""
    cause = error.__cause__
    return _response(request, cause if isinstance(cause, Refusal) else Refusal("body.unreadable"))


async def _broken(request: Request, _error: Exception) -> Response:
    return _response(request, Refusal("internal"))


async def _busy(request: Request, _error: Exception) -> Response:
    return _response(request, Refusal("roster.busy", headers={"Retry-After": "30"}))


async def _refused_by_database(request: Request, error: Exception) -> Response:
    """A standby that takes nothing, a rival who had the better of it five times: another attempt may go through."""
    if faults.is_of_the_message(error):
        raise error
    return await _away(request, error)


async def _away(request: Request, _error: Exception) -> Response:
    return _response(request, Refusal("database.away", headers={"Retry-After": "2"}))
