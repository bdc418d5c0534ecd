"""However a roster is cut, shuffled, repeated and mixed with others, the register comes out the same."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json
from registry_builders import (
    PROVINCE,
    UNIT,
    Register,
    Sending,
    a_federation,
    a_person,
    a_roster,
    a_sheet,
    an_organisation,
    said_by,
    says,
)

from contracts.registry import WorkerRegistered
from contracts.roster_cells import to_chunks
from contracts.rosters import RosterAssessed, RosterChunkSealed
from registry import persons, roster_claims, roster_effects, roster_runs, roster_steps
from registry.consumers import consumer
from registry.master_keys import MasterKeys
from registry.roster_reader import Reader
from registry.vault import open_vault
from shared.clock import new_id
from shared.database import Database
from shared.outbox import Outgoing
from shared.sealing import seal
from shared.testing import Deliver, Templates

pytestmark = pytest.mark.stack

OTHER_UNIT = UUID(int=3)
EMPLOYERS = {UNIT: UUID(int=11), OTHER_UNIT: UUID(int=12)}
# Two people work for both employers: one began here first, one there.
LISTS = {
    UNIT: [*(a_person(number) for number in range(5)), a_person(30), a_person(31, since="01/06/2025")],
    OTHER_UNIT: [
        *(a_person(number) for number in range(20, 23)), a_person(30, since="01/06/2025", code="S-30"),
        a_person(31, code="S-31"),
    ],
}  # fmt: skip
PEOPLE = 10


def cut(register: Register, unit: UUID, cuts: list[int]) -> Sending:
    """The list of a unit as a roster whose chunks end at these rows."""
    extracted = to_chunks(a_sheet(*LISTS[unit]))
    whole = from_json(extracted.chunks[0])
    edges = sorted({0, len(whole["rows"]), *(edge for edge in cuts if edge < len(whole["rows"]))})
    pieces = [{**whole, "first": first, "rows": whole["rows"][first:last]} for first, last in pairwise(edges)]
    key = register.key
    sealed_facts = seal(key.public_key, to_json({**extracted.facts, "chunks": len(pieces)}))
    sending = a_roster(
        key, a_sheet(*LISTS[unit]), unit_id=unit, employer_id=EMPLOYERS[unit], chunks=len(pieces),
        sealed_facts=sealed_facts, complete=True,
    )  # fmt: skip
    sending.chunks[:] = [
        RosterChunkSealed(
            roster_id=sending.manifest.roster_id, index=index, key_id=key.key_id,
            sealed=seal(key.public_key, to_json(piece)),
        )
        for index, piece in enumerate(pieces)
    ]  # fmt: skip
    return sending


# Workers with what they work at beside what they count by, and how many numbers each of their units gave them.
GET_PEOPLE = """
SELECT worker_id, unit_id, sex, born, exposures, employed_since, left_on, employer_id,
    (SELECT array_agg((other.unit_id, other.employer_id, other.employed_since)::text ORDER BY other.unit_id)
     FROM further_employments AS other WHERE other.worker_id = workers.worker_id) AS others,
    (SELECT count(*) FROM identifiers WHERE identifiers.worker_id = workers.worker_id AND valid_to IS NULL) AS numbers
FROM workers
"""


async def register_of(database: Database) -> list[Any]:
    """Everybody in the register, as who they are and what is told of them; pseudonyms differ from run to run."""
    vault = await open_vault(database.url, MasterKeys({"1": bytes(32)}))
    async with database.transaction() as tx:
        rows = await tx.fetch(GET_PEOPLE)
        identities = await persons.open_identities(tx, vault, [row["worker_id"] for row in rows])
        employments = await tx.fetchval("SELECT count(*) FROM employments")
        numbers = await tx.fetchval("SELECT count(*) FROM identifiers")
    await vault.database.close()
    people = sorted((str(list(row.values())[1:]), str(identities[row["worker_id"]])) for row in rows)
    return [people, employments, numbers]


async def play(
    templates: Templates, folder: Path, deliver: Deliver, story: Callable[[Register], Iterator[list[Outgoing]]]
) -> tuple[list[Any], Register]:
    """A fresh register that hears a story, batch by batch."""
    database = Database(await templates.clone(folder), max_connections=4)
    await database.open()
    vault = await open_vault(database.url, MasterKeys({"1": bytes(32)}))
    try:
        register = await Register.open(database, vault, deliver)
        for batch in story(register):
            await register.hear(*batch)
        return await register_of(database), register
    finally:
        await vault.database.close()
        await database.close()
        await templates.drop(database.url.rpartition("/")[2])


def organisations() -> list[Outgoing]:
    """The federation, both units and both employers."""
    units = [an_organisation(organisation_id=unit) for unit in LISTS]
    firms = [
        an_organisation(organisation_id=firm, kind="EMPLOYER", code=f"DN-{firm.int}", parent_id=None)
        for firm in EMPLOYERS.values()
    ]
    return [says(told) for told in (a_federation(), *units, *firms)]


def plainly(register: Register) -> Iterator[list[Outgoing]]:
    """Units first, then one roster after the other, uncut."""
    yield organisations()
    for unit in LISTS:
        yield [says(event) for event in cut(register, unit, []).events]


@pytest.fixture
def expected(database_templates: Templates, migrations: Path, deliver: Deliver) -> list[Any]:
    """The register after the plain story."""
    return asyncio.run(play(database_templates, migrations, deliver, plainly))[0]


@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@pytest.mark.slow
@given(data=st.data())
def test_cut_shuffled_repeated_and_mixed_rosters_end_in_the_same_register(
    data: st.DataObject, expected: list[Any], database_templates: Templates, migrations: Path, deliver: Deliver
) -> None:
    def anyhow(register: Register) -> Iterator[list[Outgoing]]:
        sendings = [
            cut(register, data.draw(st.sampled_from(list(LISTS))), data.draw(st.lists(st.integers(1, 7), max_size=4)))
            for _ in range(data.draw(st.integers(0, 2)))
        ]
        sendings += [
            cut(register, unit, data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))) for unit in LISTS
        ]
        events = organisations()
        events += [says(event) for sending in sendings for event in sending.events]
        resent = [said_by(event.event, f"unions/{PROVINCE}") for event in data.draw(st.lists(st.sampled_from(events)))]
        order = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events))), *resent]))
        polled = data.draw(st.integers(1, 8))
        for first in range(0, len(order), polled):
            yield order[first : first + polled]

    actual, register = asyncio.run(play(database_templates, migrations, deliver, anyhow))

    assert actual == expected
    registered = [row.event for row in register.heard if isinstance(row.event, WorkerRegistered)]
    assert len(registered) == len({event.worker_id for event in registered}) == PEOPLE


async def test_a_run_that_was_cut_off_goes_on_behind_what_was_committed(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register.with_units()
    monkeypatch.setattr(roster_steps, "ROWS_PER_STEP", 2)
    sending = a_roster(register.key, a_sheet(*LISTS[UNIT]), complete=True)
    await register.deliver(consumer, register.database, [says(event) for event in sending.events])

    await first_step_alone(register)
    nobody_else = await roster_runs.work(register.database, register.vault, new_id())
    await register.database.pool.execute("UPDATE rosters SET claimed_until = now()")
    await register.run()

    said = [row.event for row in register.heard]
    registered = [event.worker_id for event in said if isinstance(event, WorkerRegistered)]
    (assessed,) = [event for event in said if isinstance(event, RosterAssessed)]
    assert not nobody_else
    assert len(registered) == len(set(registered)) == 7
    assert (assessed.registered, assessed.leaving, assessed.parts) == (7, [], 4)


async def test_whoever_lost_the_claim_writes_nothing(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    await register.with_units()
    monkeypatch.setattr(roster_steps, "ROWS_PER_STEP", 2)
    sending = a_roster(register.key, a_sheet(*LISTS[UNIT]), complete=True)
    await register.deliver(consumer, register.database, [says(event) for event in sending.events])

    async with register.database.transaction() as tx:
        claimed = await tx.fetch(roster_claims.CLAIM, slow := new_id(), 100)
    opened = await roster_runs.open_claimed(register.database, register.vault, claimed, Reader())
    await register.database.pool.execute("UPDATE rosters SET claimed_until = now()")
    await register.run()
    heard = len(register.heard)
    async for step in roster_steps.prepared(roster_steps.steps(opened)):
        await roster_effects.take(register.database, register.vault, slow, step)

    assert len(register.heard) == heard
    assert await register.database.pool.fetchval("SELECT count(*) FROM workers") == 7


async def test_a_roster_that_nobody_can_make_sense_of_does_not_stop_those_behind(register: Register) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    broken = a_roster(register.key, a_sheet(a_person(1)), sealed_facts=seal(register.key.public_key, b"[]"))
    sound = a_roster(register.key, a_sheet(a_person(2)), unit_id=OTHER_UNIT)

    said = await register.hear(*map(says, [*broken.events, *sound.events]))

    assessed = {event.unit_id: event for event in said if isinstance(event, RosterAssessed)}
    assert (assessed[UNIT].file_outcome, assessed[UNIT].file_codes) == ("refused", ["file.unreadable"])
    assert assessed[OTHER_UNIT].registered == 1


async def first_step_alone(register: Register) -> None:
    """What a process does that dies after its first step."""
    holder = new_id()
    async with register.database.transaction() as tx:
        claimed = await tx.fetch(roster_claims.CLAIM, holder, 100)
    opened = await roster_runs.open_claimed(register.database, register.vault, claimed, Reader())
    async for step in roster_steps.prepared([next(roster_steps.steps(opened))]):
        await roster_effects.take(register.database, register.vault, holder, step)
