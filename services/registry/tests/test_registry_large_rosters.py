"""Large rosters are read in a process of their own: what comes out is the same, and its end is no roster's end."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import aclosing
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic_core import to_json
from registry_builders import UNIT, Register, Taken, a_person, a_roster, a_sheet, says

from contracts.registry import WorkerRegistered
from contracts.roster_cells import to_chunks
from contracts.rosters import RosterAssessed
from registry import roster_reader, roster_runs, roster_steps
from registry.blind_index import BlindIndex
from registry.consumers import consumer
from registry.roster_opening import Opened, Sealed, open_roster
from registry.roster_reader import Reader, ReaderFailedError, ReaderGoneError
from registry.roster_rows import Roster
from shared.sealing import new_key_pair, seal

ROSTER = Roster(UUID(int=9), UNIT, None, None, complete=True, dry_run=False, reference_date=date(2026, 6, 1))
INDEX = BlindIndex(bytes(32), b"\1" * 32)
OTHER_UNIT = UUID(int=3)
ENDS_ONCE = """
import os, pathlib, sys
from registry import roster_reader
from registry.roster_rows import Rows

mark, entries = pathlib.Path({mark!r}), Rows.entries

def ending(rows, first, last):
    if first == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return entries(rows, first, last)

Rows.entries = ending
roster_reader.main(int(sys.argv[1]))
"""
"""A reader that is killed when it is first asked for the rows from the third on."""
ENDS_ALWAYS = """
import os, pathlib, sys
from registry import roster_reader

open_roster = roster_reader.open_roster

def ending(roster, *told):
    if str(roster.roster_id) == {roster_id!r}:
        with pathlib.Path({marks!r}).open("a") as marks:
            marks.write("x")
        os.kill(os.getpid(), 9)
    return open_roster(roster, *told)

roster_reader.open_roster = ending
roster_reader.main(int(sys.argv[1]))
"""
"""A reader that is killed whenever it opens one roster, and leaves a mark each time."""


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader that has not begun."""
    reader = Reader()
    yield reader
    reader.close()


def read_by(opening: object) -> Opened:
    """Have a small list read, by a function of a process or by one of ours."""
    private, public = new_key_pair()
    extracted = to_chunks(a_sheet(*(a_person(number) for number in range(7)), ["8", "", "", "", ""]))
    facts = Sealed("1", seal(public, to_json(extracted.facts)))
    chunks = [Sealed("1", seal(public, chunk)) for chunk in extracted.chunks]
    assert callable(opening)
    opened = opening(ROSTER, facts, chunks, {"1": private}, INDEX, {}, {})
    assert isinstance(opened, Opened)
    return opened


def test_a_roster_read_in_a_process_beside_is_read_as_here(reader: Reader) -> None:
    there, here = read_by(reader.open_roster), read_by(open_roster)

    assert there.accepted is not None
    assert here.accepted is not None
    assert there.accepted.entries(0, 7) == here.accepted.entries(0, 7)
    assert there.accepted.entries(2, 5) == here.accepted.entries(2, 5)
    assert (there.size, there.rows, there.refused) == (here.size, here.rows, here.refused)


def test_what_cannot_be_opened_there_is_a_refused_file_as_here(reader: Reader) -> None:
    opened = reader.open_roster(ROSTER, Sealed("lost", ""), [], {}, INDEX, {}, {})

    assert (opened.file_outcome, opened.file_codes, opened.accepted) == ("refused", ["file.unopenable"], None)


def test_whoever_waits_for_a_process_that_ended_is_told_so(reader: Reader) -> None:
    opened = read_by(reader.open_roster)
    reader.close()

    assert opened.accepted is not None
    with pytest.raises(ReaderGoneError):
        opened.accepted.entries(0, 1)


def test_what_goes_wrong_there_is_told_by_its_place_alone_and_ends_nothing(reader: Reader) -> None:
    opened = read_by(reader.open_roster)

    with pytest.raises(ReaderFailedError, match=r"^KeyError at registry\.roster_reader:\d+$"):
        reader.entries(UUID(int=404), 0, 1)
    assert opened.accepted is not None
    assert len(opened.accepted.entries(0, 7)) == 7


def readers_here() -> list[Path]:
    """Each process that reads for this one, as Linux shows it."""
    children = [pid for told in Path("/proc/self/task").glob("*/children") for pid in told.read_text().split()]
    return [Path("/proc", pid) for pid in children if b"roster_reader" in Path("/proc", pid, "cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks where Linux shows processes")
def test_the_process_has_none_of_the_secrets_of_the_service(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHAMDOAN_MASTER_KEY", "kept-from-others")

    read_by(reader.open_roster)

    told = [(reader / "environ").read_bytes().split(b"\0") for reader in readers_here()]
    assert len(told) == 1
    assert [entry for entry in told[0] if entry.startswith(b"PYTHONPATH=")]
    assert [entry for entry in told[0] if entry.startswith(b"KHAMDOAN_MASTER_KEY")] == []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks where Linux shows processes")
def test_what_tells_the_service_to_end_does_not_end_the_process_before_it(reader: Reader) -> None:
    opened = read_by(reader.open_roster)
    (there,) = readers_here()

    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(int(there.name), number)

    assert opened.accepted is not None
    assert len(opened.accepted.entries(0, 7)) == 7


async def test_steps_that_nobody_takes_any_more_leave_nothing_running() -> None:
    before = asyncio.all_tasks()

    async with aclosing(roster_steps.prepared([[], [], []])) as ready:
        await anext(ready)

    assert asyncio.all_tasks() == before


async def run_again_later(register: Register) -> Taken:
    """Let the rosters run whose claim has run out by then; returns what is said."""
    await register.database.pool.execute("UPDATE rosters SET claimed_until = now() WHERE claimed_until IS NOT NULL")
    return Taken(await register.hear())


async def test_a_reader_that_is_killed_once_is_followed_by_one_that_goes_on_behind_the_last_step(
    register: Register, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await register.with_units()
    monkeypatch.setattr(roster_runs, "LARGE", 1)
    monkeypatch.setattr(roster_steps, "ROWS_PER_STEP", 2)
    monkeypatch.setattr(roster_reader, "READER", ENDS_ONCE.format(mark=str(tmp_path / "killed")))

    before = await register.take(*(a_person(number) for number in range(7)), complete=True)
    after = await run_again_later(register)

    whole = Taken(before.said + after.said)
    assert (len(before.of(WorkerRegistered)), before.of(RosterAssessed)) == (2, [])
    assert len(whole.of(WorkerRegistered)) == len(set(whole.worker_ids)) == len(whole.rows) == 7
    assert (whole.assessed.registered, whole.assessed.unchanged, whole.assessed.leaving) == (7, 0, [])
    assert await register.database.pool.fetchval("SELECT readers_lost FROM rosters") == 0


async def test_a_roster_that_ends_every_reader_is_refused_after_three_and_holds_back_nobody_else(
    register: Register, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    deadly, beside, behind = uuid4(), uuid4(), uuid4()
    marks = tmp_path / "marks"
    monkeypatch.setattr(roster_runs, "LARGE", 1)
    monkeypatch.setattr(roster_reader, "READER", ENDS_ALWAYS.format(roster_id=str(deadly), marks=str(marks)))
    ending = a_roster(register.key, a_sheet(a_person(1)), roster_id=deadly)
    others = [
        a_roster(register.key, a_sheet(a_person(2)), roster_id=behind),
        a_roster(register.key, a_sheet(a_person(3)), roster_id=beside, unit_id=OTHER_UNIT),
    ]
    await register.deliver(consumer, register.database, [says(event) for event in ending.events])

    said = await register.hear(*(says(event) for sending in others for event in sending.events))
    # On a busy machine a claim runs out by itself too, so that a run may end two readers.
    for _ in range(3):
        said += (await run_again_later(register)).said

    taken, refused, released = Taken(said).of(RosterAssessed)
    assert marks.read_text() == "xxx"
    assert (taken.roster_id, taken.registered) == (beside, 1)
    assert (refused.roster_id, refused.file_outcome, refused.file_codes) == (deadly, "refused", ["file.unreadable"])
    assert (released.roster_id, released.registered) == (behind, 1)
