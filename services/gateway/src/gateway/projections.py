"""Which of the gateway's tables are made of events alone; `python -m gateway.projections --check` makes them again."""

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from contracts.base import Event
from contracts.catalogue import EVENTS
from contracts.coordination import AlertRaised, CampaignClosed
from contracts.results import ClusterDetected, FitnessStated
from contracts.rosters import RosterAssessed, RosterMappingKept, RosterRead, RosterRowsAnswered, RosterSubmitted
from gateway import catalogue, causation, deliveries
from gateway.app import MIGRATIONS
from gateway.consumers import RECORDS
from gateway.read_models import campaigns, fitness
from gateway.settings import Settings
from shared import rebuild_command
from shared.consuming import Batch
from shared.database import Transaction
from shared.projections import Projections, Table

Record = Callable[[Transaction, Batch[Any]], Awaitable[None]]

# Where the consumer does more than fill a read model: the release of class mixes, receipts, the file behind a roster.
OTHERWISE: dict[type[Event], Record | None] = {
    FitnessStated: fitness.record,
    CampaignClosed: campaigns.close,
    RosterSubmitted: None,
    **dict.fromkeys(catalogue.DELIVERIES, deliveries.remember),
}
FILLS: dict[type[Event], Record | None] = {**RECORDS, **OTHERWISE}

TABLES_OF_MODULE = {
    "days": ("days", "days_done", "plans_asked_for"),
    "organisations": ("organisations",),
    "lines": ("lines", "exposures"),
    "workers": ("workers",),
    "merges": ("merges", "joined_checks"),
    "campaigns": (
        "programmes", "campaigns", "frozen_scopes", "frozen_units", "demands", "closings", "closing_joins", "approvals",
    ),
    "coverage": ("coverage",),
    "health_checks": ("health_checks", "health_check_ends"),
    "sessions": ("sessions", "session_windows", "permits", "make_up_sessions"),
    "plans": ("plans", "plan_turns", "plans_asked_for", "plan_sessions", "plan_places"),
    "plan_cases": ("plan_sessions", "plan_places"),
    "appointments": ("appointments",),
    "examinations": ("visits", "class_proposals", "escalations", "examinations"),
    "fitness": ("fitness",),
    "follow_ups": ("follow_ups",),
}  # fmt: skip

RECORDS_OF_STATE = {
    "receipts": "what was accepted at the edge",
    "answers": "what a receipt was closed with",
    "idempotency_keys": "answers given to requests",
    "feeds": "numbers given out are cursors that parties keep",
    "feed_entries": "numbers given out are cursors that parties keep",
    "bridged": "how far the parties' topics were taken in",
    "class_mixes": "released once, at the moment that a campaign's conclusions were all there",
}


def _module(record: Record) -> str:
    function = record.func if isinstance(record, partial) else record
    return str(function.__module__).rpartition(".")[2]


def _fed_by(table: str) -> tuple[type[Event], ...]:
    modules = {module for module, tables in TABLES_OF_MODULE.items() if table in tables}
    return tuple(event_class for event_class, fill in FILLS.items() if fill is not None and _module(fill) in modules)


def _filling(fill: Record | None) -> Record:
    async def handle(tx: Transaction, batch: Batch[Any]) -> None:
        if fill is not None:
            await fill(tx, batch)
        await causation.record(tx, batch)

    return handle


PROJECTIONS = Projections(
    service="gateway",
    migrations=MIGRATIONS,
    tables={
        **{name: Table(_fed_by(name)) for tables in TABLES_OF_MODULE.values() for name in tables},
        "alerts": Table((AlertRaised,)),
        "clusters": Table((ClusterDetected,)),
        "roster_rows": Table((RosterRowsAnswered,)),
        "roster_counts": Table((RosterRowsAnswered,)),
        "roster_mappings": Table((RosterMappingKept,)),
        # Whose roster it is and which file it came in stands there since the file was taken in.
        "rosters": Table((RosterAssessed, RosterRead), of_record=("campaign_id", "file_digest"), rows_of_record=True),
        "deliveries": Table(catalogue.DELIVERIES),
        "causation": Table(EVENTS),
    },
    handlers={event_class: _filling(FILLS.get(event_class)) for event_class in EVENTS},
    records=RECORDS_OF_STATE,
)

if __name__ == "__main__":
    sys.exit(rebuild_command.main(PROJECTIONS, Settings()))
