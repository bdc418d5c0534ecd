"""Which of coordination's tables are made of events alone; `python -m coordination.projections` makes them again."""

import sys
from typing import Any

from contracts import appointments, registry, results, scheduling
from coordination import alerts, organisations, people
from coordination.app import MIGRATIONS
from coordination.settings import Settings
from shared import rebuild_command
from shared.consuming import Batch
from shared.database import Transaction
from shared.projections import Projections, Table

ORGANISATIONS = (registry.OrganisationRegistered, registry.OrganisationChanged)
MERGES = (registry.WorkerMerged, registry.WorkerMergeUndone)
PLANNED = (appointments.AppointmentMade, appointments.AppointmentMoved, appointments.AppointmentCancelled)
FOLLOW_UPS = (results.FollowUpOpened, results.FollowUpClosed)
PEOPLE: dict[type[Any], Any] = {
    scheduling.HealthCheckBecameDue: people.become_due,
    scheduling.HealthCheckWithdrawn: people.end,
    appointments.AppointmentMade: people.plan,
    appointments.AppointmentMoved: people.plan,
    appointments.AppointmentCancelled: people.unplan,
    appointments.AppointmentKept: people.visit,
    appointments.AppointmentMissed: people.miss,
    results.VisitConcluded: people.examine,
}
FILLS: dict[type[Any], Any] = {
    **PEOPLE,
    **dict.fromkeys(ORGANISATIONS, organisations.put),
    **dict.fromkeys(MERGES, people.stand),
    results.FollowUpOpened: alerts.open_follow_ups,
    results.FollowUpClosed: alerts.close_follow_ups,
}


def _filling(fill: Any) -> Any:
    async def handle(tx: Transaction, batch: Batch[Any]) -> None:
        await fill(tx, batch.events)

    return handle


PROJECTIONS = Projections(
    service="coordination",
    migrations=MIGRATIONS,
    tables={
        "organisations": Table(ORGANISATIONS),
        "people": Table(tuple(PEOPLE), of_record=("final_state",)),
        "planned_days": Table(PLANNED),
        "merges": Table(MERGES),
        "follow_ups": Table(FOLLOW_UPS),
    },
    handlers={event_class: _filling(fill) for event_class, fill in FILLS.items()},
    records={
        "days": "days that were started here",
        "programmes": "what was proposed here and signed",
        "campaigns": "what was proposed here, opened, frozen and closed",
        "plans": "what was approved here, or given up",
        "approvals": "whose word counted",
        "signing_keys": "the key of trials",
        "campaign_units": "denominators, decided when the scope froze",
        "changes": "what the next count has to look at",
        "coverage": "the figures said last; counted from people, and said again where they differ",
        "alerts": "what was raised in which month",
    },
    # Coverage follows by itself: the next day counts the campaigns that still run, and says what differs.
    after_repair="""
    INSERT INTO changes (campaign_id) SELECT campaign_id FROM campaigns WHERE state IN ('frozen', 'closing')
    """,
)

if __name__ == "__main__":
    sys.exit(rebuild_command.main(PROJECTIONS, Settings()))
