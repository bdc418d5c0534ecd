"""Make-up sessions (khám vét): proposed where the people without a place are worth a session of their own."""

from collections import Counter
from datetime import date, timedelta

from contracts.scheduling import MakeUpSessionProposed
from scheduling import plan_store, terms
from scheduling.floor import Says
from shared import outbox
from shared.database import Transaction

HIGHEST_PRIORITY = 4


async def propose(tx: Transaction, today: date, says: Says) -> None:
    """Say where a session is missing, at most once per site in the time between two make-up plans."""
    limits = terms.in_force(today)
    first_day = today + timedelta(days=limits.freeze_days)
    proposed = []
    for place in await plan_store.places_without_session(tx, first_day, today - timedelta(days=limits.make_up_days)):
        urgent = sum(priority == HIGHEST_PRIORITY for priority in place["priorities"])
        if len(place["priorities"]) < limits.make_up_people and urgent < limits.make_up_urgent:
            continue
        proposed.append(
            MakeUpSessionProposed(
                campaign_id=place["campaign_id"],
                site=place["site"],
                on_day=today,
                people=len(place["priorities"]),
                urgent=urgent,
                stations=dict(sorted(Counter(place["stations"].split()).items())),
                bnn=place["bnn"],
                latest=place["latest"],
            )
        )
    await plan_store.note_make_ups(tx, [(event.campaign_id, event.site, today) for event in proposed])
    await outbox.append(tx, [says(event) for event in proposed])
