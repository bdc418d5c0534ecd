"""Who will not come, in confidence, and who had refused and will come after all."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from contracts import unions
from contracts import workers as worker_events
from scheduling import appointment_store, demand, demand_store, merge_store, workers
from scheduling.bookings import NOT_OPEN
from scheduling.floor import Floor, Renewal, granted, refused
from scheduling.model import Person
from scheduling.seating import Turn
from shared.consuming import Message
from shared.database import Transaction

Report = Message[unions.RefusalReported] | Message[worker_events.RefusalReported]
Withdrawal = Message[unions.RefusalWithdrawn] | Message[worker_events.RefusalWithdrawn]


async def refuse(tx: Transaction, messages: Sequence[Report], _today: date) -> Turn:
    """End due checks of workers who refuse; nobody is told more than that no visit takes place."""
    ready = await workers.known(tx, messages)
    pairs = {m: (m.event.campaign_id, m.event.worker_id) for m in ready}
    checks = {pair: c["health_check_id"] for pair, c in (await demand_store.find_checks(tx, [*pairs.values()])).items()}
    sessions = await appointment_store.sessions_of_checks(tx, checks.values())

    def take(floor: Floor, some: Sequence[Report]) -> None:
        for message in some:
            check_id = checks.get(pairs[message])
            code = _refuse(floor, floor.people[check_id], message) if check_id else "check.not-due"
            _answer(floor, message, code)

    joins = {m.event.worker_id: m for m in ready}
    return Turn(ready, take, sessions.values(), checks.values(), joins=joins)


def _refuse(floor: Floor, person: Person, message: Report) -> str | None:
    state = floor.state_of(person)
    if state not in ("open", "booked"):
        return NOT_OPEN[state]
    floor.end(person, "refused", message.leads_to)
    return None


async def withdraw(tx: Transaction, messages: Sequence[Withdrawal], today: date) -> Turn:
    """Let checks that ended by a refusal be due again, of all workers who are the person; no deadline has moved."""
    ready = await workers.known(tx, messages)
    person_of = await merge_store.workers_of(tx, [m.event.worker_id for m in ready])
    checks = {
        m: [
            demand_store.check_id_of(m.event.campaign_id, worker_id)
            for worker_id, person_id in person_of.items()
            if person_id == person_of[m.event.worker_id]
        ]
        for m in ready
    }
    check_ids = {check_id for ids in checks.values() for check_id in ids}
    renewals: dict[UUID, Renewal] = {}

    async def look() -> None:
        renewals.update(await demand.renewals(tx, check_ids, today))

    def take(floor: Floor, some: Sequence[Withdrawal]) -> None:
        for message in some:
            people = [floor.people[check_id] for check_id in checks[message] if check_id in floor.people]
            _answer(floor, message, _withdraw(floor, people, message, renewals))

    joins = {m.event.worker_id: m for m in ready}
    return Turn(ready, take, checks=check_ids, look=look, joins=joins, promotes=False)


def _withdraw(
    floor: Floor, people: Sequence[Person], message: Withdrawal, renewals: Mapping[UUID, Renewal]
) -> str | None:
    if not people:
        return "check.not-due"
    who_refused = [person for person in people if floor.state_of(person) == "refused"]
    again = [person for person in who_refused if person.health_check_id in renewals]
    for person in again:
        floor.renew(person, renewals[person.health_check_id], message.leads_to)
    if again:
        return None
    return "refusal.final" if who_refused else "refusal.none"


def _answer(floor: Floor, message: Report | Withdrawal, code: str | None) -> None:
    asked = message.event
    answer = refused(asked.worker_id, asked.request_id, code) if code else granted(asked.worker_id, asked.request_id)
    floor.said.append(message.leads_to(answer))
