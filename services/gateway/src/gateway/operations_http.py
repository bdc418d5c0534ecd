"""For operations: what passed, by service and type, and what was parked; counts, no persons."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from contracts.base import Party
from contracts.deliveries import SERVICES
from gateway import catalogue, causation, deliveries, receipts
from gateway.catalogue import owner_of
from gateway.edge import CallerOf, EdgeOf
from gateway.read_models import days
from gateway.views.operations import ServiceStatistics, Statistics

router = APIRouter(tags=["operations"])

Name = Annotated[str | None, Query(pattern=r"^[\w.-]{1,100}$")]


@router.get("/statistics")
async def get_statistics(edge: EdgeOf, caller: CallerOf) -> Statistics:
    """Events by type and service as they passed the gateway, parked messages, and receipts by state."""
    caller.must_be(Party.OPERATIONS)
    types = await causation.count_by_type(edge.db)
    stuck = {(row["service"], row["state"]): row["number"] for row in await deliveries.counts(edge.db)}
    return Statistics(
        day=await days.current(edge.db),
        events=sum(types.values()),
        services=[_of_service(service, types, stuck) for service in SERVICES],
        types=types,
        receipts=await receipts.count_all(edge.db),
    )


def _of_service(service: str, types: dict[str, int], stuck: dict[tuple[str, str], int]) -> ServiceStatistics:
    readers = catalogue.readers()
    return ServiceStatistics(
        service=service,
        published=sum(number for name, number in types.items() if owner_of(name) == service),
        addressed=sum(number for name, number in types.items() if service in readers.get(name, ())),
        parked=stuck.get((service, "parked"), 0),
        replayed=stuck.get((service, "replayed"), 0),
        discarded=stuck.get((service, "discarded"), 0),
    )


@router.get("/deliveries")
async def get_deliveries(
    edge: EdgeOf,
    caller: CallerOf,
    state: Literal["parked", "replayed", "discarded"] | None = None,
    service: Name = None,
    reason: Name = None,
    type: Name = None,  # noqa: A002 - the parameter's name in the address
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[dict[str, Any]]:
    """Messages that services could not take, newest first; they are replayed at the service's operations port."""
    caller.must_be(Party.OPERATIONS)
    wanted = deliveries.Search(state, service, reason, type, since, until)
    return await deliveries.listed(edge.db, wanted, limit=limit)
